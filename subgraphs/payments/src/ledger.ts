import { userError, type UserError } from '@waygraph/kit/errors';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { WalletToppedUp } from '@waygraph/schema/events/wallet';
import { isText } from '@waygraph/schema/inputs';

export const currency = 'BRL';

export type Wallet = {
  readonly customerId: string;
  readonly balanceMinor: number;
  /** The seq of its newest ledger entry. */
  readonly version: number;
  /** How many top-ups it has seen: the seq of its newest event. Captures and refunds have none in `wallet.events`. */
  readonly told: number;
};
export type TransferKind = 'TOP_UP' | 'CAPTURE' | 'REFUND' | 'ADJUSTMENT';
export type LedgerEntry = {
  readonly id: string;
  /** The wallet's version with this entry: its place in the ledger. */
  readonly seq: number;
  readonly at: Date;
  readonly amountMinor: number;
  readonly kind: TransferKind;
  readonly orderId: string | null;
};

/** What moves; its entries sum to zero. */
export type Transfer = {
  readonly id: string;
  readonly kind: TransferKind;
  readonly orderId: string | null;
  readonly entries: readonly {
    readonly accountId: string;
    readonly amountMinor: number;
    /** Of a wallet: its version and balance with this entry. */
    readonly seq: number | null;
    readonly balanceMinor: number | null;
  }[];
};

type Actor = { readonly sub: string; readonly role: string } | undefined;

/** A wallet is its customer's and the operators' business. */
export const maySeeWallet = (actor: Actor, customerId: string): boolean =>
  actor?.role === 'operator' || (actor?.role === 'customer' && actor.sub === customerId);

/** Amounts are told as GraphQL Ints. */
export const largestAmountMinor = 2_147_483_647;

/** A wallet's account. */
export const walletAccount = (customerId: string): string => `wallet:${customerId}`;

export type TopUp = { customerId: string; amountMinor: number; idempotencyKey: string };

/** What is wrong with a top-up, whatever the wallet holds. */
export function checkTopUp({ customerId, amountMinor, idempotencyKey }: TopUp): UserError[] {
  const refusals: UserError[] = [];
  if (!isText(customerId, 64)) refusals.push(userError('INVALID_INPUT', 'expected 1..64 characters', 'customerId'));
  if (!Number.isInteger(amountMinor) || amountMinor < 1 || amountMinor > largestAmountMinor) {
    refusals.push(userError('INVALID_INPUT', 'expected an amount of at least 1', 'amountMinor'));
  }
  if (!isText(idempotencyKey, 255))
    refusals.push(userError('INVALID_INPUT', 'expected 1..255 characters', 'idempotencyKey'));
  return refusals;
}

export const walletIsFull = (): UserError =>
  userError('INVALID_INPUT', `a wallet holds at most ${String(largestAmountMinor)}`, 'amountMinor');

/** Money from outside into a wallet; `wallet` is as it is with it. */
export function topUp(id: string, wallet: Wallet, amountMinor: number): { transfer: Transfer; event: OutboxEvent } {
  const { customerId, balanceMinor, version, told } = wallet;
  return {
    transfer: {
      id,
      kind: 'TOP_UP',
      orderId: null,
      entries: [
        { accountId: 'cash', amountMinor: -amountMinor, seq: null, balanceMinor: null },
        { accountId: walletAccount(customerId), amountMinor, seq: version, balanceMinor },
      ],
    },
    event: WalletToppedUp.outboxEvent(
      { customerId, transferId: id, amountMinor, balanceMinor, version },
      { seq: told },
    ),
  };
}

type OrderMoney = { readonly id: string; readonly orderId: string; readonly amountMinor: number };

const side = (accountId: string, amountMinor: number): Transfer['entries'][number] => ({
  ...{ accountId, amountMinor, seq: null, balanceMinor: null },
});

/** Where a customer's money is: in the wallet, or, null, with the provider. */
const heldBy = (customerId: string | null): string => (customerId === null ? 'card' : walletAccount(customerId));

/**
 * An order's money from where the customer keeps it into sales; `customerId` is null for a card. A wallet's version and balance are
 * filled in as it is booked (`books.ts`).
 */
export const capture = ({ id, orderId, amountMinor }: OrderMoney, customerId: string | null): Transfer => ({
  ...{ id, kind: 'CAPTURE', orderId },
  entries: [side(heldBy(customerId), -amountMinor), side('sales', amountMinor)],
});

/** The way back. */
export const refund = ({ id, orderId, amountMinor }: OrderMoney, customerId: string | null): Transfer => ({
  ...{ id, kind: 'REFUND', orderId },
  entries: [side('sales', -amountMinor), side(heldBy(customerId), amountMinor)],
});
