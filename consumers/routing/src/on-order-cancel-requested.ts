import { on } from '@waygraph/kit/event-consumer';
import { requestCancel } from '@waygraph/routing/cancel-deliveries';
import { OrderCancelRequested } from '@waygraph/schema/events/orders';

export const onOrderCancelRequested = () =>
  on(OrderCancelRequested, (order, sql) => requestCancel(sql, order, order.reason));
