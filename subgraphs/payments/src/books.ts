import { discountOf, rejectionOf, type CouponTerms } from './coupon.ts';
import { largestAmountMinor, walletAccount, type Transfer } from './ledger.ts';

export type WalletBook = {
  readonly customerId: string;
  readonly balanceMinor: number;
  readonly version: number;
  readonly untold: number;
};
export type CouponBook = Omit<CouponTerms, 'expiresAt'> & { readonly used: number; readonly expired: boolean };

/** Wallets and coupons whose rows are locked: what is decided first counts for what comes behind it. */
export type Books = {
  /** Uses a coupon once more; why it cannot be, when it cannot. */
  readonly redeem: (code: string, subtotalMinor: number) => { readonly discountMinor: number } | { reason: string };
  readonly restore: (code: string) => void;
  /** False, and nothing is booked, when a wallet is not there or would fall below zero or hold too much. */
  readonly book: (transfer: Transfer) => boolean;
  /** What is to be written of it. */
  readonly written: () => Written;
};

export type Written = {
  readonly wallets: readonly WalletBook[];
  readonly coupons: readonly CouponBook[];
  readonly transfers: readonly Transfer[];
};

/** Null: it is locked as far as it can be, for there is none. */
type Locked<Book> = ReadonlyMap<string, Book | null>;

/** `wallets` by customer, `coupons` by code. */
export function openBooks(given: { wallets: Locked<WalletBook>; coupons: Locked<CouponBook> }): Books {
  const wallets = new Map([...given.wallets].map(([customerId, wallet]) => [walletAccount(customerId), wallet]));
  const coupons = new Map(given.coupons);
  const transfers: Transfer[] = [];
  const changed = { wallets: new Set<string>(), coupons: new Set<string>() };

  function couponOf(code: string): CouponBook | null {
    const coupon = coupons.get(code);
    if (coupon === undefined) throw new Error(`coupon ${code} is not locked`);
    return coupon;
  }

  function use(coupon: CouponBook, times: 1 | -1): void {
    coupons.set(coupon.code, { ...coupon, used: coupon.used + times });
    changed.coupons.add(coupon.code);
  }

  /** The wallet with an entry more; null: it cannot have it. */
  function withEntry(accountId: string, amountMinor: number): WalletBook | null {
    const wallet = wallets.get(accountId);
    if (wallet === undefined) throw new Error(`${accountId} is not locked`);
    const balanceMinor = (wallet?.balanceMinor ?? 0) + amountMinor;
    if (wallet === null || balanceMinor < 0 || balanceMinor > largestAmountMinor) return null;
    return { ...wallet, balanceMinor, version: wallet.version + 1, untold: wallet.untold + 1 };
  }

  return {
    redeem(code, subtotalMinor) {
      const coupon = couponOf(code);
      if (coupon === null || coupon.expired || coupon.used >= coupon.quota)
        return { reason: rejectionOf(coupon ?? undefined) };
      use(coupon, 1);
      return { discountMinor: discountOf(coupon, subtotalMinor) };
    },
    restore(code) {
      const coupon = couponOf(code);
      if (coupon !== null) use(coupon, -1);
    },
    book(transfer) {
      const held = transfer.entries.find(({ accountId }) => accountId.startsWith(walletAccount('')));
      if (held === undefined) {
        transfers.push(transfer);
        return true;
      }
      const wallet = withEntry(held.accountId, held.amountMinor);
      if (wallet === null) return false;
      wallets.set(held.accountId, wallet);
      changed.wallets.add(held.accountId);
      const { version: seq, balanceMinor } = wallet;
      const entries = transfer.entries.map(entry => (entry === held ? { ...entry, seq, balanceMinor } : entry));
      transfers.push({ ...transfer, entries });
      return true;
    },
    written: () => ({
      wallets: [...changed.wallets].flatMap(account => wallets.get(account) ?? []),
      coupons: [...changed.coupons].flatMap(code => coupons.get(code) ?? []),
      transfers,
    }),
  };
}
