import type { OutboxEvent } from '@waygraph/schema/events/define';
import type { StepRetryRequested } from '@waygraph/schema/events/orders';
import { PaymentRefunded } from '@waygraph/schema/events/payment';
import {
  changed,
  couponRedeemed,
  couponRejected,
  paymentCaptured,
  paymentFailed,
  paymentStep,
  unchanged,
  type Change,
  type OrderPayment,
  type Refund,
} from './order-payment.ts';
import { couponRestored, orderCancelled, refundsDue, stepOf } from './order-refund.ts';

export type RetryRequested = ReturnType<typeof StepRetryRequested.parse>['data'];

const steps = ['COUPON', 'PAYMENT', 'REFUND'];

/** Whether payments is asked; the other steps have other owners. */
export const isOurs = ({ step }: Pick<RetryRequested, 'step'>): boolean => steps.includes(step);

/** Whether the order is being cancelled, or is. */
export const isCancelling = ({ status }: Pick<RetryRequested, 'status'>): boolean =>
  status === 'CANCELLING' || status === 'CANCELLED';

/**
 * What a request to answer again says about the order itself: one that is being cancelled is, whether or not OrderCancelling has
 * come. Refunds that are stuck are tried again; who waits again is told again of what the provider leaves unanswered.
 */
export function retryRequested(state: OrderPayment, retry: RetryRequested): OrderPayment {
  const known = isCancelling(retry) ? orderCancelled(state, { ...retry, reason: 'the order is cancelled' }) : state;
  if (retry.step === 'COUPON') return known;
  if (!known.givenUp && !known.refunds.some(isStuck)) return known;
  return {
    ...known,
    givenUp: false,
    refunds: known.refunds.map(refund =>
      isStuck(refund) ? { ...refund, state: 'PENDING', tries: refund.tries + 1, fault: null } : refund,
    ),
  };
}

const isStuck = ({ state }: Refund): boolean => state === 'STUCK';

/**
 * Somebody has seen to the refunds of a step by hand: that is their end, and their claim stays. Also of those that the provider leaves
 * unanswered: to ask once more is what would make them. Those of the lines are a part of the whole.
 */
export function settledByHand(state: OrderPayment, { step }: Pick<RetryRequested, 'step'>): OrderPayment {
  const open = [...state.refunds.filter(isStuck), ...refundsDue(state)];
  const settled = step === 'REFUND' ? open.filter(refund => stepOf(refund) === 'REFUND') : open;
  if (settled.length === 0) return state;
  return {
    ...state,
    refunds: state.refunds.map(one =>
      settled.includes(one) ? { ...one, state: 'SETTLED', fault: one.fault ?? 'no answer until it was settled' } : one,
    ),
  };
}

/** Whether one of these events answers the step. */
export const isAnswered = ({ step }: Pick<RetryRequested, 'step'>, events: readonly OutboxEvent[]): boolean =>
  events.some(({ type }) => type.startsWith('Coupon') === (step === 'COUPON'));

/**
 * The present answer to a step, once more as a new event. Nothing, when there is none yet: what is under way tells its end by
 * itself.
 */
export function answerAgain(state: OrderPayment, { step }: Pick<RetryRequested, 'step'>): Change {
  if (step === 'COUPON') return couponAgain(state);
  const { payment, cancelled } = state;
  if (payment === null || payment.state === 'PENDING') return unchanged(state);
  if (step === 'PAYMENT' && payment.state === 'FAILED')
    return paymentFailed(state, payment, payment.reason ?? 'the payment failed');
  if (step === 'PAYMENT' && cancelled === null) return paymentCapturedAgain(state);
  return refundedAgain(state);
}

function couponAgain(state: OrderPayment): Change {
  const { placed, assigned, coupon } = state;
  if (placed === null || assigned === null || placed.couponCode === null) return unchanged(state);
  const step = { code: placed.couponCode, attempt: assigned.attempt };
  if (coupon.state === 'REDEEMED') return couponRedeemed(state, step, coupon.discountMinor);
  if (coupon.state === 'REJECTED') return couponRejected(state, step, coupon.reason ?? 'the coupon was rejected');
  return coupon.state === 'RESTORED' ? couponRestored(state, placed.couponCode) : unchanged(state);
}

/** The same event; what was refunded since stays as it is. */
function paymentCapturedAgain(state: OrderPayment): Change {
  const { payment } = state;
  if (payment === null) return unchanged(state);
  const { state: told, events } = paymentCaptured(state, payment);
  return { state: { ...told, payment }, events };
}

/**
 * The sum so far under the newest attempt; while a refund is under way, its end will tell. Of what was only settled by hand nothing went
 * back from here, and orders, whose step ended with that, asks for none of it.
 */
function refundedAgain(state: OrderPayment): Change {
  const { payment, refunds, cancelled } = state;
  const last = refunds.findLast(refund => refund.state === 'DONE');
  if (payment === null || last === undefined || refunds.some(refund => refund.state === 'PENDING'))
    return unchanged(state);
  const { amountMinor, reason } = last;
  const { refundedMinor } = payment;
  const attempt = Math.max(last.attempt, cancelled?.attempt ?? 0);
  return changed(state, at =>
    PaymentRefunded.outboxEvent({ ...paymentStep(state, payment), attempt, amountMinor, refundedMinor, reason }, at),
  );
}
