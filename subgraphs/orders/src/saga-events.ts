import type { OutboxEvent } from '@waygraph/schema/events/define';
import {
  OrderCancelled,
  OrderCancelling,
  OrderConfirmed,
  OrderDelivered,
  OrderHandedOver,
  OrderLinesDropped,
  OrderReadyForPayment,
} from '@waygraph/schema/events/orders';
import { sellersOf, subtotalOf } from './order.ts';
import { assignedAttempt, undoing, type SagaOrder } from './saga-state.ts';
import type { ToldType } from './saga-table.ts';

const common = ({ id, customerId, lines, status, version }: SagaOrder) => ({
  orderId: id,
  customerId,
  sellerIds: sellersOf(lines),
  status,
  version,
});
const reasonOf = ({ cancelReason }: SagaOrder): string => cancelReason ?? 'no reason is known';

/**
 * The event of each type, of an order as it is with the event; undefined when there is nothing to tell since `before`.
 */
export const tell: Readonly<Record<ToldType, (order: SagaOrder, before: SagaOrder) => OutboxEvent | undefined>> = {
  OrderLinesDropped: (order, before) => {
    const wasActive = (lineNo: number): boolean =>
      before.lines.some(line => line.lineNo === lineNo && line.status === 'ACTIVE');
    const lineNos = order.lines
      .filter(({ status, lineNo }) => status === 'DROPPED' && wasActive(lineNo))
      .map(({ lineNo }) => lineNo);
    if (lineNos.length === 0) return undefined;
    const dropped = { attempt: assignedAttempt(order), lineNos, refundMinor: 0, reason: 'nobody can serve them' };
    return OrderLinesDropped.outboxEvent({ ...common(order), ...dropped }, { seq: order.version });
  },
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
