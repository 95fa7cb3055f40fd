import type { OutboxEvent } from '@waygraph/schema/events/define';
import {
  OrderCancelled,
  OrderCancelling,
  OrderCancelRefused,
  OrderCancelRequested,
  OrderConfirmed,
  OrderDelivered,
  OrderHandedOver,
  OrderLinesDropped,
  OrderReadyForPayment,
  SagaStuck,
  StepRetryRequested,
  StepSettled,
} from '@waygraph/schema/events/orders';
import { sellersOf, subtotalOf } from './order.ts';
import type { Resolution } from './saga-settle.ts';
import { assignedAttempt, isOverpaid, latest, undoing, type Dropped, type SagaOrder, type Step } from './saga-state.ts';
import type { ToldType } from './saga-table.ts';

/** An event of an order as it is with the event. */
export type Telling = (order: SagaOrder) => OutboxEvent;

const common = ({ id, customerId, lines, status, version }: SagaOrder) => ({
  orderId: id,
  customerId,
  sellerIds: sellersOf(lines),
  status,
  version,
});
const reasonOf = ({ cancelReason }: SagaOrder): string => cancelReason ?? 'no reason is known';

/** The events of changes of status. */
export const tell: Readonly<Record<ToldType, Telling>> = {
  OrderReadyForPayment: order => {
    const subtotalMinor = subtotalOf(order.lines);
    const { discountMinor, paymentMethod: payment } = order;
    const amounts = { payment, subtotalMinor, discountMinor, totalMinor: subtotalMinor - discountMinor };
    const data = { ...common(order), attempt: order.attempt, ...amounts };
    return OrderReadyForPayment.outboxEvent(data, { seq: order.version });
  },
  OrderConfirmed: order =>
    OrderConfirmed.outboxEvent({ ...common(order), attempt: order.attempt }, { seq: order.version }),
  OrderHandedOver: order => OrderHandedOver.outboxEvent(common(order), { seq: order.version }),
  OrderDelivered: order => OrderDelivered.outboxEvent(common(order), { seq: order.version }),
  OrderCancelling: order =>
    OrderCancelling.outboxEvent(
      { ...common(order), attempt: assignedAttempt(order), reason: reasonOf(order), undo: undoing(order) },
      { seq: order.version },
    ),
  OrderCancelled: order =>
    OrderCancelled.outboxEvent({ ...common(order), reason: reasonOf(order) }, { seq: order.version }),
};

/** Lines that are dropped; `refundMinor` goes back for them. */
export const tellDropped =
  (dropped: readonly Dropped[], refundMinor: number): Telling =>
  order => {
    // Lines are lost after their hand-over, and nothing is left to tell of then.
    const isLost = dropped.every(({ lost }) => lost);
    return OrderLinesDropped.outboxEvent(
      {
        ...common(order),
        ...{ attempt: assignedAttempt(order), lineNos: dropped.map(({ lineNo }) => lineNo), refundMinor },
        ...(isLost ? { reason: 'their parcel is lost', lost: true } : { reason: 'nobody can serve them' }),
      },
      { seq: order.version },
    );
  };

/** What is to be told of the steps that changed. */
export function newsOf(before: SagaOrder, after: SagaOrder): Telling[] {
  const news = after.steps.flatMap((step): Telling[] => {
    const old = before.steps.find(({ name, attempt }) => name === step.name && attempt === step.attempt);
    if (old === step) return [];
    if (step.state === 'STUCK') return old?.state === 'STUCK' ? [] : [stuck(step)];
    if (step.state !== 'WAITING' && step.state !== 'UNDOING') return [];
    if (step.round !== undefined) return [retryRequested(step, step.round)];
    return step.name === 'CANCEL' ? [cancelRequested(step)] : [];
  });
  const { cancelRefused } = after;
  return [
    ...news,
    ...(cancelRefused === null || before.cancelRefused !== null ? [] : [refused(cancelRefused)]),
    ...(isOverpaid(after) && !isOverpaid(before) ? [overpaid] : []),
  ];
}

/** A step that an operator settled by hand, and what need no longer go back. */
export const tellSettled =
  ({ name: step, attempt }: Step, resolution: Resolution['resolution'], amountMinor: number): Telling =>
  order =>
    StepSettled.outboxEvent({ ...common(order), attempt, step, resolution, amountMinor }, { seq: order.version });

const retryRequested =
  ({ name: step, attempt }: Step, round: number): Telling =>
  order =>
    StepRetryRequested.outboxEvent({ ...common(order), attempt, step, round }, { seq: order.version });

const stuck =
  ({ name: step, attempt, detail }: Step): Telling =>
  order =>
    SagaStuck.outboxEvent(
      { ...common(order), attempt, step, reason: detail ?? 'no reason is known' },
      { seq: order.version },
    );

const overpaid: Telling = order => {
  const { attempt, paidMinor, refundedMinor, settledMinor } = order;
  const reason = `of ${paidMinor} that were paid ${refundedMinor} went back, and ${settledMinor} were settled by hand`;
  return SagaStuck.outboxEvent({ ...common(order), attempt, step: 'PAYMENT', reason }, { seq: order.version });
};

const cancelRequested =
  ({ detail }: Step): Telling =>
  order =>
    OrderCancelRequested.outboxEvent(
      { ...common(order), ...(detail === null ? {} : { reason: detail }) },
      { seq: order.version },
    );

const refused =
  (reason: string): Telling =>
  order =>
    OrderCancelRefused.outboxEvent({ ...common(order), reason }, { seq: order.version });

/** Whether the lines that were dropped can be told of: money that was asked for is waited for, since a part of it may have to go back. */
export const canTellDropped = (order: SagaOrder): boolean =>
  order.untold.length > 0 && order.status !== 'PENDING' && latest(order, 'PAYMENT')?.state !== 'WAITING';
