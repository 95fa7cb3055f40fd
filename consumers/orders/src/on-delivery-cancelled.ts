import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { DeliveryCancelled } from '@waygraph/schema/events/delivery';

/** Its parcels are given up, as was asked. */
export const onDeliveryCancelled = (stepTimeoutMs?: number): EventHandler =>
  on(DeliveryCancelled, (data, sql) => advanceOrder(sql, { type: 'DeliveryCancelled', data }, stepTimeoutMs));
