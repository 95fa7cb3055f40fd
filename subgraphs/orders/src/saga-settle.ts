import { userError, type UserError } from '@waygraph/kit/errors';
import { withCancelRefused, withMoneyBack } from './saga-learn.ts';
import { answered, isCancelled, refundDue, withStep, type SagaOrder, type Step } from './saga-state.ts';

export type Resolution = { readonly resolution: 'DONE_BY_HAND' | 'WRITTEN_OFF'; readonly note: string };

/** Whether the step is money that is to go back to the customer. */
const isMoneyBack = (order: SagaOrder, { name }: Step): boolean =>
  name === 'REFUND' || (name === 'PAYMENT' && isCancelled(order));

/** Why a stuck step cannot be settled by hand, or not now; undefined: it can. */
export function refusalOf(
  order: SagaOrder,
  step: Step,
  { resolution }: Pick<Resolution, 'resolution'>,
): UserError | undefined {
  // It would be given back twice.
  if (isMoneyBack(order, step) && step.gaveUp !== true)
    return userError(
      'IN_PROGRESS',
      'payments has not given up on it, and may give the money back yet; resumeSaga asks it again',
      'step',
    );
  // What an operator takes for cancelled may be with its carrier by now: its goods would be sold twice.
  if (step.name === 'CANCEL' && resolution === 'DONE_BY_HAND')
    return userError(
      'INVALID_INPUT',
      'routing alone knows whether it was handed over: resumeSaga asks it again, WRITTEN_OFF lets the order go on',
      'resolution',
    );
  if (step.name === 'ASSIGNMENT' && !isCancelled(order) && order.status !== 'DELIVERED')
    return userError(
      'INVALID_INPUT',
      'routing alone knows who sends it: resumeSaga asks it again, reassignDelivery has it choose, cancelOrder ends it',
      'step',
    );
  return undefined;
}

/** The order with a stuck step as an operator settled it. */
export function settle(order: SagaOrder, step: Step, { resolution, note }: Resolution, nowMs: number): SagaOrder {
  const detail = `${resolution}: ${note}`;
  if (step.name === 'CANCEL')
    return withCancelRefused(order, step, { detail: step.detail, reason: 'it could not be cancelled' }, nowMs);
  if (isMoneyBack(order, step)) {
    const due = step.name === 'REFUND' ? refundDue(order) : order.paidMinor;
    const settledMinor = Math.max(order.settledMinor, due - order.refundedMinor);
    return withMoneyBack({ ...order, settledMinor }, nowMs, detail);
  }
  const isDone = resolution === 'DONE_BY_HAND';
  const state = isCancelled(order) ? 'UNDONE' : isDone ? 'DONE' : 'FAILED';
  return withStep(order, answered(step, state, nowMs, detail));
}
