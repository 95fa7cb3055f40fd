import { discountOf, learnOfParcel, withAssignment } from './saga-lines.ts';
import {
  answered,
  assignedAttempt,
  isCancelled,
  isUnanswered,
  latest,
  openSteps,
  refundDue,
  stepOf,
  stuckSteps,
  waiting,
  withStep,
  type Moment,
  type SagaOrder,
  type Step,
} from './saga-state.ts';
import { answers, steps, type Fact, type StepName } from './saga-table.ts';

type Of<Type extends Fact['type']> = Extract<Fact, { type: Type }>;
/** A fact that answers one step, for the first time. */
type StepFact = Of<
  | 'SellerAssigned'
  | 'SellerUnavailable'
  | 'StockReserved'
  | 'StockRejected'
  | 'StockConfirmed'
  | 'StockConfirmationFailed'
  | 'CouponRedeemed'
  | 'CouponRejected'
  | 'PaymentCaptured'
  | 'PaymentFailed'
>;

/**
 * The order with what a fact says; the very same one when that is known already, or comes too late to matter. Money is kept whenever
 * it is told of.
 */
export function learn(before: SagaOrder, fact: Fact, at: Moment): SagaOrder {
  const order = withSums(before, fact);
  if (isTooLate(order, fact)) return order;
  switch (fact.type) {
    case 'HandedOver':
    case 'Delivered':
    case 'DeliveryLost':
      return learnOfParcel(order, fact, at);
    case 'AssignmentRejected':
      return withdrawn(order, fact, at);
    case 'ReservationExpired':
      return expired(order, fact, at);
    case 'CompensationStuck':
      return gaveUp(order, fact, at);
    case 'DeliveryCancelled':
      return cancelledDelivery(order, fact, at);
    case 'CancelRefused':
      return refusedCancel(order, fact, at);
    case 'PaymentRefunded':
      return withMoneyBack(order, at.nowMs, null);
    case 'StockReleased':
      // What comes back of lines that were dropped is not the answer to the cancellation.
      return isOnlyDropped(order, fact) ? order : undone(order, 'STOCK', at, fact.data.attempt);
    case 'CouponRestored':
      return undone(order, 'COUPON', at);
    case 'PaymentFailed':
      // Nothing was taken after all: nothing has to go back.
      if (isCancelled(order)) return order.paidMinor === 0 ? undone(order, 'PAYMENT', at) : order;
      return learnAnswer(order, fact, at);
    case 'SellerAssigned':
    case 'SellerUnavailable':
    case 'StockReserved':
    case 'StockRejected':
    case 'StockConfirmed':
    case 'StockConfirmationFailed':
    case 'CouponRedeemed':
    case 'CouponRejected':
    case 'PaymentCaptured':
      return learnAnswer(order, fact, at);
  }
}

function withSums(order: SagaOrder, fact: Fact): SagaOrder {
  if (fact.type === 'PaymentCaptured' && order.paidMinor === 0 && fact.data.amountMinor > 0)
    return { ...order, paidMinor: fact.data.amountMinor };
  // Parts may be told of in any order: their sum counts.
  if (fact.type === 'PaymentRefunded' && fact.data.refundedMinor > order.refundedMinor)
    return { ...order, refundedMinor: fact.data.refundedMinor };
  return order;
}

/** What is being cancelled only waits for being undone; what has ended, only for what is still to go back. */
function isTooLate(order: SagaOrder, { type }: Fact): boolean {
  if (!isCancelled(order) && order.status !== 'DELIVERED') return false;
  if (type === 'CompensationStuck') return false;
  const hasEnded = order.status !== 'CANCELLING' && openSteps(order).length === 0 && stuckSteps(order).length === 0;
  if (hasEnded || type === 'AssignmentRejected') return true;
  if (type === 'ReservationExpired') return order.status === 'DELIVERED';
  return order.status === 'DELIVERED'
    ? type !== 'PaymentRefunded'
    : type !== 'PaymentFailed' && !answers[type].some(({ outcome }) => outcome === 'undone');
}

// Answers to what was asked

const isOpen = (step: Step): boolean => step.state === 'WAITING' || step.state === 'STUCK';

function learnAnswer(order: SagaOrder, fact: StepFact, at: Moment): SagaOrder {
  const [answer] = answers[fact.type];
  if (answer === undefined) return order;
  const attempt = attemptOf(order, answer.step, fact);
  const step = stepOf(order, answer.step, attempt) ?? waiting(answer.step, attempt, at);
  if (!isOpen(step)) return order;
  const detail = 'reason' in fact.data ? fact.data.reason : null;
  const state = answer.outcome === 'done' ? 'DONE' : 'FAILED';
  return withContents(withStep(missing(order, attempt, at), answered(step, state, at.nowMs, detail)), fact, at);
}

/**
 * Who answers for a later attempt has read an assignment that was not read here: it is waited for, so that it is asked for should it be
 * lost.
 */
function missing(order: SagaOrder, attempt: number, at: Moment): SagaOrder {
  if (attempt <= order.attempt || latest(order, 'CANCEL')?.state === 'DONE') return order;
  return withStep({ ...order, attempt }, waiting('ASSIGNMENT', attempt, at));
}

/** Which attempt of its step a fact answers: a step that is asked for once has only one. */
const attemptOf = (order: SagaOrder, step: StepName, { data }: StepFact): number =>
  steps[step].perAttempt ? data.attempt : (latest(order, step)?.attempt ?? data.attempt);

function withContents(order: SagaOrder, fact: StepFact, at: Moment): SagaOrder {
  switch (fact.type) {
    case 'SellerAssigned':
      return fact.data.attempt < order.attempt ? order : withAssignment(order, fact, at);
    case 'SellerUnavailable':
      return { ...order, attempt: Math.max(order.attempt, fact.data.attempt) };
    case 'CouponRedeemed':
      return { ...order, discountMinor: discountOf(fact.data.discountMinor, order.lines) };
    case 'StockConfirmed':
      // What is sold was reserved, whoever has missed that.
      return withStock(order, fact.data.attempt, ['WAITING', 'STUCK'], 'DONE', at);
    case 'StockConfirmationFailed':
      return withStock(order, fact.data.attempt, ['WAITING', 'STUCK', 'DONE'], 'UNDONE', at);
    case 'StockReserved':
    case 'StockRejected':
    case 'CouponRejected':
    case 'PaymentCaptured':
    case 'PaymentFailed':
      return order;
  }
}

/** With another state of an attempt's goods, where it is one of `from`. */
function withStock(
  order: SagaOrder,
  attempt: number,
  from: readonly Step['state'][],
  to: Step['state'],
  at: Moment,
): SagaOrder {
  const step = stepOf(order, 'STOCK', attempt);
  return step !== undefined && from.includes(step.state)
    ? withStep(order, answered(step, to, at.nowMs, step.detail))
    : order;
}

/** The seller does not serve it after all: another assignment is to come. */
function withdrawn(order: SagaOrder, { data }: Of<'AssignmentRejected'>, at: Moment): SagaOrder {
  const isPresent = data.attempt === order.attempt && stepOf(order, 'ASSIGNMENT', data.attempt)?.state === 'DONE';
  if (!isPresent) return order;
  const attempt = order.attempt + 1;
  return withStep({ ...order, attempt }, waiting('ASSIGNMENT', attempt, at));
}

/**
 * The goods went back to the shelf by themselves. That cancels nothing: when the money comes, inventory says what it finds. An order
 * that is cancelled has no others, unless a later attempt was assigned.
 */
function expired(order: SagaOrder, { data }: Of<'ReservationExpired'>, at: Moment): SagaOrder {
  const isSold = order.steps.some(
    ({ name, state, attempt }) => name === 'CONFIRMATION' && state === 'DONE' && attempt >= data.attempt,
  );
  if (isSold) return order;
  return isCancelled(order)
    ? undone(order, 'STOCK', at, data.attempt)
    : withStock(order, data.attempt, ['WAITING', 'DONE', 'STUCK'], 'UNDONE', at);
}

// Answers to a cancellation that was asked for

/**
 * Routing alone decides: what it has cancelled is cancelled, whatever was said of it here meanwhile, unless all of it is with its
 * carriers.
 */
function cancelledDelivery(order: SagaOrder, { data }: Of<'DeliveryCancelled'>, at: Moment): SagaOrder {
  if (isCancelled(order)) return undone(order, 'ASSIGNMENT', at);
  const cancel = latest(order, 'CANCEL') ?? waiting('CANCEL', order.attempt, at);
  if (order.status === 'HANDED_OVER' || cancel.state === 'DONE') return order;
  const reason = (isOpen(cancel) ? cancel.detail : null) ?? data.reason;
  const cancelled = { ...withStep(order, answered(cancel, 'DONE', at.nowMs, reason)), cancelRefused: null };
  // Every parcel is cancelled, and nobody will be chosen any more.
  return {
    ...cancelled,
    steps: cancelled.steps.map(step => {
      if (step.name !== 'ASSIGNMENT') return step;
      if (step.state === 'DONE') return answered(step, 'UNDONE', at.nowMs, step.detail);
      return isOpen(step) ? answered(step, 'FAILED', at.nowMs, 'the order is cancelled') : step;
    }),
  };
}

function refusedCancel(order: SagaOrder, { data }: Of<'CancelRefused'>, at: Moment): SagaOrder {
  const cancel = latest(order, 'CANCEL');
  if (cancel === undefined || !isOpen(cancel)) return order;
  return withCancelRefused(order, cancel, { detail: data.reason, reason: data.reason }, at.nowMs);
}

/** The order goes on; the customer is told the reason. */
export const withCancelRefused = (
  order: SagaOrder,
  cancel: Step,
  { detail, reason }: { detail: string | null; reason: string },
  nowMs: number,
): SagaOrder => ({ ...withStep(order, answered(cancel, 'FAILED', nowMs, detail)), cancelRefused: reason });

/** All of it is with its carriers: who was asked to cancel it can only refuse, and need not be waited for. */
export function withoutCancel(order: SagaOrder, { nowMs }: Moment): SagaOrder {
  const cancel = latest(order, 'CANCEL');
  const reason = 'it was handed over';
  return cancel !== undefined && isOpen(cancel)
    ? withCancelRefused(order, cancel, { detail: reason, reason }, nowMs)
    : order;
}

// Answers to what was to be undone

/**
 * All of a name that is being undone is, since its owner undoes whatever there is. Where what comes back has an `attempt`, it is the
 * one that its owner was asked for: the last that was assigned, or when asked again the step's own. What came back of an older one was
 * no answer.
 */
function undone(order: SagaOrder, name: StepName, at: Moment, attempt = Infinity): SagaOrder {
  const assigned = assignedAttempt(order);
  const isAnswered = (step: Step): boolean =>
    step.name === name &&
    (step.state === 'UNDOING' || step.state === 'STUCK') &&
    attempt >= Math.min(step.attempt, assigned);
  if (!isCancelled(order) || !order.steps.some(isAnswered)) return order;
  const steps = order.steps.map(step => (isAnswered(step) ? answered(step, 'UNDONE', at.nowMs, step.detail) : step));
  return { ...order, steps };
}

const isOnlyDropped = ({ lines }: SagaOrder, { data }: Of<'StockReleased'>): boolean =>
  data.lines.length > 0 &&
  data.lines.every(({ lineNo }) => lines.find(line => line.lineNo === lineNo)?.status === 'DROPPED');

/** What waits for money that goes back, as it is by what has gone back. */
export function withMoneyBack(order: SagaOrder, nowMs: number, detail: string | null): SagaOrder {
  const back = order.refundedMinor + order.settledMinor;
  const isBack = isCancelled(order);
  const isAnswered = ({ name, state }: Step): boolean =>
    (name === 'REFUND' && !isBack && (state === 'WAITING' || state === 'STUCK') && back >= refundDue(order)) ||
    (name === 'PAYMENT' && isBack && (state === 'UNDOING' || state === 'STUCK') && back >= order.paidMinor);
  if (!order.steps.some(isAnswered)) return order;
  return {
    ...order,
    steps: order.steps.map(step =>
      isAnswered(step)
        ? answered(step, step.name === 'REFUND' ? 'DONE' : 'UNDONE', nowMs, detail ?? step.detail)
        : step,
    ),
  };
}

/**
 * An owner cannot undo what it has to: only a person can help now. That may be money of a step that was given up here, and captured
 * all the same.
 */
function gaveUp(order: SagaOrder, { data }: Of<'CompensationStuck'>, at: Moment): SagaOrder {
  const isMeant = (step: Step): boolean => {
    const { name, state } = step;
    // Nobody had answered; now somebody has.
    const isNews = state === 'STUCK' && step.gaveUp !== true;
    if (name === 'REFUND' && (state === 'WAITING' || isNews)) return data.step === 'PAYMENT' || data.step === 'REFUND';
    // Parts that were to go back are a part of the whole by then.
    const meant = data.step === 'REFUND' && isCancelled(order) ? 'PAYMENT' : data.step;
    return name === meant && (state === 'UNDOING' || (isCancelled(order) && (isNews || isUnanswered(step))));
  };
  if (!order.steps.some(isMeant)) return order;
  return {
    ...order,
    steps: order.steps.map(step =>
      isMeant(step) ? { ...answered(step, 'STUCK', at.nowMs, data.reason), gaveUp: true } : step,
    ),
  };
}
