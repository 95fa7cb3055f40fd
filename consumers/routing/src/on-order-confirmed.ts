import { on } from '@waygraph/kit/event-consumer';
import { startDeliveries } from '@waygraph/routing/start-deliveries';
import { OrderConfirmed } from '@waygraph/schema/events/orders';

export const onOrderConfirmed = () => on(OrderConfirmed, (order, sql) => startDeliveries(sql, order));
