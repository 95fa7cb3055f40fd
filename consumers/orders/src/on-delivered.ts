import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { Delivered } from '@waygraph/schema/events/delivery';

/** A parcel has arrived. */
export const onDelivered = (stepTimeoutMs?: number): EventHandler =>
  on(Delivered, (data, sql) => advanceOrder(sql, { type: 'Delivered', data }, stepTimeoutMs));
