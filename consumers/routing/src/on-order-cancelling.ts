import { on } from '@waygraph/kit/event-consumer';
import { cancelDeliveries } from '@waygraph/routing/cancel-deliveries';
import { OrderCancelling } from '@waygraph/schema/events/orders';

export const onOrderCancelling = () =>
  on(OrderCancelling, (order, sql) =>
    cancelDeliveries(sql, order, order.undo.includes('DELIVERY') ? order : undefined),
  );
