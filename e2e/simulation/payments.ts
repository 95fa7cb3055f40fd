import { largestAmountMinor, walletAccount, type Transfer } from '@waygraph/payments/ledger';
import type { Assigned, Change, OrderPayment, Placed, ReadyForPayment } from '@waygraph/payments/order-payment';
import type { LinesDropped } from '@waygraph/payments/order-refund';
import type { RetryRequested } from '@waygraph/payments/step-answer';
import { SellerAssigned } from '@waygraph/schema/events/delivery';
import {
  OrderCancelled,
  OrderCancelling,
  OrderLinesDropped,
  OrderPlaced,
  OrderReadyForPayment,
  StepRetryRequested,
  StepSettled,
} from '@waygraph/schema/events/orders';
import type { Broker } from './broker.ts';
import { createCards } from './cards.ts';
import type { Decisions } from './decisions.ts';
import { on } from './handlers.ts';
import type { Market } from './market.ts';
import { checkPayment } from './payment-rules.ts';
import type { Provider } from './provider.ts';
import { Violation, type Run } from './run.ts';

export type Payments = {
  readonly orders: ReadonlyMap<string, OrderPayment>;
  /** Orders whose customer's wallet did not hold enough. */
  readonly short: ReadonlySet<string>;
};

/** Payments' use cases in memory, with wallets, coupons and a ledger that has to come out even. */
export function createPayments(
  run: Run,
  broker: Broker,
  market: Market,
  provider: Provider,
  decisions: Decisions['payments'],
): Payments {
  const { agenda, newId } = run;
  const { andThen, unchanged, isUnknown } = decisions;
  const orders = new Map<string, OrderPayment>();
  /** Orders that somebody was told to cancel here: nothing is taken for them any more. */
  const over = new Set<string>();
  const short = new Set<string>();

  const lock = ({ orderId, customerId }: { orderId: string; customerId: string }): OrderPayment =>
    orders.get(orderId) ?? decisions.unheardOf(orderId, customerId);

  function save(before: OrderPayment, { state, events }: Change): void {
    checkPayment(before, state, events, over.has(state.orderId));
    orders.set(state.orderId, state);
    broker.tell(events);
    if (isUnknown(state) && !isUnknown(before)) sweep(state.orderId);
    if (isUnknown(state)) soon(state.orderId);
  }

  function book({ kind, orderId, entries }: Transfer): void {
    const sum = entries.reduce((total, { amountMinor }) => total + amountMinor, 0);
    if (sum !== 0) throw new Violation(orderId ?? '?', `the entries of a ${kind} sum to ${sum}`);
    for (const { accountId, amountMinor } of entries)
      market.ledger.set(accountId, (market.ledger.get(accountId) ?? 0) + amountMinor);
  }

  /** Whether the wallet could be booked on: it holds neither less than nothing nor more than it may. */
  function bookOnWallet(customerId: string, transfer: Transfer): boolean {
    const wallet = market.wallets.get(customerId);
    const entry = transfer.entries.find(({ accountId }) => accountId === walletAccount(customerId));
    if (wallet === undefined || entry === undefined) return false;
    const balanceMinor = wallet.balanceMinor + entry.amountMinor;
    if (balanceMinor < 0 || balanceMinor > largestAmountMinor) return false;
    wallet.balanceMinor = balanceMinor;
    book(transfer);
    return true;
  }

  // Coupons

  function redeemWhenDue(state: OrderPayment): Change {
    const due = decisions.couponDue(state);
    if (due === undefined) return unchanged(state);
    if (due.refusal !== undefined) return decisions.couponRejected(state, due, due.refusal);
    const coupon = market.coupons.get(due.code);
    const expired = coupon?.expiresAtMs != null && coupon.expiresAtMs <= agenda.now();
    if (coupon === undefined || expired || coupon.used >= coupon.quota)
      return decisions.couponRejected(state, due, decisions.rejectionOf(coupon && { expired }));
    coupon.used += 1;
    return decisions.couponRedeemed(state, due, decisions.discountOf(coupon, due.subtotalMinor));
  }

  function restoreCoupon(state: OrderPayment): Change {
    const code = decisions.couponToRestore(state);
    if (code === undefined) return unchanged(state);
    const coupon = market.coupons.get(code);
    if (coupon === undefined || coupon.used === 0)
      throw new Violation(state.orderId, `coupon ${code} is restored more often than it was used`);
    coupon.used -= 1;
    return decisions.couponRestored(state, code);
  }

  function place(placed: Placed): void {
    const state = lock(placed);
    if (state.placed === null) save(state, redeemWhenDue(decisions.orderPlaced(state, placed)));
  }

  function assign(assigned: Assigned): void {
    const state = lock(assigned);
    if (decisions.concerns(state, assigned)) save(state, redeemWhenDue(decisions.sellerAssigned(state, assigned)));
  }

  // Money

  function capture(ready: ReadyForPayment): void {
    const before = lock(ready);
    const asked = decisions.paymentAskedFor(before, newId(), ready);
    if (asked !== undefined) save(before, captureAtOnce(asked));
  }

  function captureAtOnce(asked: Change): Change {
    const { state } = asked;
    const { payment, orderId } = state;
    if (payment?.state !== 'PENDING') return asked;
    if (payment.amountMinor === 0) return decisions.paymentCaptured(state, payment);
    if (payment.method === 'CARD') return asked;
    const { id, customerId, amountMinor } = payment;
    if (bookOnWallet(customerId, decisions.capture({ id, orderId, amountMinor }, customerId)))
      return decisions.paymentCaptured(state, payment);
    if ((market.wallets.get(customerId)?.balanceMinor ?? 0) < amountMinor) short.add(orderId);
    return decisions.paymentFailed(state, payment, 'the wallet does not hold enough');
  }

  function refundWallet(state: OrderPayment): Change {
    let change = unchanged(state);
    if (state.payment?.method !== 'WALLET') return change;
    const { customerId } = state.payment;
    for (const due of decisions.refundsDue(state)) {
      const isBooked = bookOnWallet(customerId, decisions.refund({ ...due, orderId: state.orderId }, customerId));
      change = andThen(change, now =>
        isBooked
          ? decisions.paymentRefunded(now, due)
          : decisions.refundStuck(now, due, 'the wallet cannot hold the refund'),
      );
    }
    return change;
  }

  function giveBack(state: OrderPayment): Change {
    const unsent = andThen(restoreCoupon(state), decisions.unsentFails);
    return andThen(unsent, now => refundWallet(decisions.moneyGoesBack(now, newId())));
  }

  function refundLines(dropped: LinesDropped): void {
    if (dropped.refundMinor === 0) return;
    const before = lock(dropped);
    const claimed = decisions.linesDropped(before, newId(), dropped);
    if (claimed !== before) save(before, refundWallet(claimed));
  }

  function cancel(cancelled: Parameters<typeof decisions.orderCancelled>[1]): void {
    over.add(cancelled.orderId);
    const before = lock(cancelled);
    save(before, giveBack(decisions.orderCancelled(before, cancelled)));
  }

  function answerAgain(retry: RetryRequested): void {
    if (!decisions.isOurs(retry)) return;
    const before = orders.get(retry.orderId);
    if (before === undefined) return;
    const done = giveBack(decisions.retryRequested(before, retry));
    save(
      before,
      decisions.isAnswered(retry, done.events) ? done : andThen(done, state => decisions.answerAgain(state, retry)),
    );
  }

  function settle(data: ReturnType<typeof StepSettled.parse>['data']): void {
    const before = orders.get(data.orderId);
    if (before !== undefined && decisions.mayMatter({ type: 'StepSettled', data }))
      save(before, unchanged(decisions.settledByHand(before, data)));
  }

  /** That it is asked for is kept before it is. */
  function markSent(state: OrderPayment): void {
    if (state.payment?.state !== 'PENDING' || state.payment.isSent) return;
    orders.set(state.orderId, { ...state, payment: { ...state.payment, isSent: true } });
  }

  const { soon, sweep } = createCards({ run, provider, decisions, orders, save, book, markSent });

  broker.subscribe('payments', [
    on(OrderPlaced, place),
    on(SellerAssigned, assign),
    on(OrderReadyForPayment, capture),
    on(OrderLinesDropped, refundLines),
    on(OrderCancelling, cancel),
    on(OrderCancelled, cancel),
    on(StepRetryRequested, answerAgain),
    on(StepSettled, settle),
  ]);
  return { orders, short };
}
