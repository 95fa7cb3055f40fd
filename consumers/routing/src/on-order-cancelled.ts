import { on } from '@waygraph/kit/event-consumer';
import { cancelDeliveries } from '@waygraph/routing/cancel-deliveries';
import { OrderCancelled } from '@waygraph/schema/events/orders';

/** Nobody waits for an answer any more; what is still there of its parcels ends as well. */
export const onOrderCancelled = () => on(OrderCancelled, (order, sql) => cancelDeliveries(sql, order, undefined));
