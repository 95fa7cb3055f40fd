import type { OrderCancelled, OrderCancelling, OrderLinesDropped } from '@waygraph/schema/events/orders';
import { CompensationStuck, CouponRestored, PaymentRefunded } from '@waygraph/schema/events/payment';
import {
  changed,
  isUnknown,
  parties,
  paymentFailed,
  paymentStep,
  refusal,
  unchanged,
  type Change,
  type OrderPayment,
  type Refund,
} from './order-payment.ts';

export type Cancelling = ReturnType<typeof OrderCancelling.parse>['data'];
/** OrderCancelled, which names no attempt, says the same as OrderCancelling. */
export type Cancelled = ReturnType<typeof OrderCancelled.parse>['data'] & { readonly attempt?: number };
export type LinesDropped = ReturnType<typeof OrderLinesDropped.parse>['data'];

/** Leaves the tombstone. What it was told first with stays; only its attempt follows. The very same state: it was there. */
export function orderCancelled(state: OrderPayment, { attempt, reason, sellerIds }: Cancelled): OrderPayment {
  const { cancelled: before } = state;
  const known = before?.attempt ?? Math.max(1, state.assigned?.attempt ?? 0, state.payment?.attempt ?? 0);
  const cancelled = { attempt: Math.max(attempt ?? known, known), reason: before?.reason ?? reason };
  const isNews = cancelled.attempt !== before?.attempt || sellerIds.join('\n') !== state.sellerIds.join('\n');
  // From now on somebody waits for what the provider leaves unanswered.
  return isNews ? { ...state, sellerIds, cancelled, givenUp: before !== null && state.givenUp } : state;
}

/** The code whose use is to be given back; undefined when there is none, or it was already. */
export const couponToRestore = ({ coupon, placed, cancelled }: OrderPayment): string | undefined =>
  cancelled !== null && coupon.state === 'REDEEMED' ? (placed?.couponCode ?? undefined) : undefined;

export const couponRestored = (state: OrderPayment, couponCode: string): Change =>
  changed({ ...state, coupon: { ...state.coupon, state: 'RESTORED' } }, at =>
    CouponRestored.outboxEvent({ ...parties(state), attempt: state.cancelled?.attempt ?? 1, couponCode }, at),
  );

/** What no refund has claimed of the payment. */
export const unclaimedMinor = ({ payment, refunds }: OrderPayment): number =>
  (payment?.amountMinor ?? 0) - refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0);

function claim(state: OrderPayment, refund: Pick<Refund, 'id' | 'cause' | 'attempt' | 'amountMinor' | 'reason'>) {
  const amountMinor = Math.min(refund.amountMinor, unclaimedMinor(state));
  if (amountMinor <= 0 || state.refunds.some(({ cause }) => cause === refund.cause)) return state;
  const claimed: Refund = { ...refund, amountMinor, state: 'PENDING', tries: 0, fault: null };
  return { ...state, refunds: [...state.refunds, claimed], givenUp: false };
}

/** Claims the money of lines that nobody can serve any more, PENDING; once per change of the order. */
export const linesDropped = (state: OrderPayment, id: string, dropped: LinesDropped): OrderPayment =>
  state.payment?.state === 'CAPTURED'
    ? claim(state, {
        ...{ id, cause: `LINES:${dropped.version}`, attempt: dropped.attempt },
        ...{ amountMinor: dropped.refundMinor, reason: dropped.reason },
      })
    : state;

/**
 * Claims all that is left of a cancelled order's money, PENDING. `isCharged`: a payment that is still PENDING is known to have taken
 * effect; its money goes back with the very booking of the capture.
 */
export const moneyGoesBack = (state: OrderPayment, id: string, { isCharged = false } = {}): OrderPayment =>
  state.cancelled !== null && (state.payment?.state === 'CAPTURED' || (isCharged && state.payment?.state === 'PENDING'))
    ? claim(state, { id, cause: 'CANCELLED', ...state.cancelled, amountMinor: unclaimedMinor(state) })
    : state;

/** A charge of a cancelled order that no provider was asked for is not asked for any more. */
export const unsentFails = (state: OrderPayment): Change =>
  state.cancelled !== null && state.payment?.state === 'PENDING' && !state.payment.isSent
    ? paymentFailed(state, state.payment, refusal)
    : unchanged(state);

/** The refunds that are to be made now; none before the payment itself is booked. */
export const refundsDue = ({ payment, refunds }: OrderPayment): Refund[] =>
  payment?.state === 'CAPTURED' ? refunds.filter(({ state }) => state === 'PENDING') : [];

const withRefund = (state: OrderPayment, refund: Refund): OrderPayment => ({
  ...state,
  refunds: state.refunds.map(other => (other.id === refund.id ? refund : other)),
});

/** A refund is made. */
export function paymentRefunded(state: OrderPayment, refund: Refund): Change {
  const { payment } = state;
  if (payment === null) return { state, events: [] };
  const { attempt, amountMinor, reason } = refund;
  const refundedMinor = payment.refundedMinor + amountMinor;
  const done = withRefund(state, { ...refund, state: 'DONE', fault: null });
  return changed({ ...done, payment: { ...payment, refundedMinor, reason } }, at =>
    PaymentRefunded.outboxEvent({ ...paymentStep(state, payment), attempt, amountMinor, refundedMinor, reason }, at),
  );
}

/**
 * The key that a provider is asked with: the same one as long as nobody knows how it went. A refusal did nothing, and is for ever the
 * answer to its key, so the next try has another.
 */
export const refundKey = ({ id, tries }: Refund): string => (tries === 0 ? id : `${id}:${tries}`);

/** The saga's step that a refund belongs to. */
export const stepOf = ({ cause }: Refund): 'PAYMENT' | 'REFUND' => (cause === 'CANCELLED' ? 'PAYMENT' : 'REFUND');

/** A refund cannot be made by itself: somebody has to look. */
export const refundStuck = (state: OrderPayment, refund: Refund, fault: string): Change =>
  changed(withRefund(state, { ...refund, state: 'STUCK', fault }), at =>
    CompensationStuck.outboxEvent(
      { ...parties(state), attempt: refund.attempt, step: stepOf(refund), reason: fault },
      at,
    ),
  );

/**
 * The provider leaves a charge of a cancelled order, or a refund, unanswered for long, or says what nobody understands: somebody is told,
 * once until it is asked for again. Nothing is decided by that; it may have taken effect, and is asked until that is known.
 */
export function leftUnclear(state: OrderPayment, reason: string): Change {
  const { payment, cancelled, refunds, givenUp } = state;
  const isAwaited = payment?.state !== 'PENDING' || cancelled !== null;
  if (givenUp || !isAwaited || !isUnknown(state)) return unchanged(state);
  const refund = refunds.find(one => one.state === 'PENDING');
  const step = cancelled === null && refund !== undefined ? stepOf(refund) : 'PAYMENT';
  const attempt = cancelled?.attempt ?? refund?.attempt ?? 1;
  return changed({ ...state, givenUp: true }, at =>
    CompensationStuck.outboxEvent({ ...parties(state), attempt, step, reason }, at),
  );
}
