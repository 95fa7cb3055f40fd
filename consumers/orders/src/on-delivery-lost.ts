import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { DeliveryLost } from '@waygraph/schema/events/delivery';

/** A parcel is lost; its lines no longer belong to the order. */
export const onDeliveryLost = (stepTimeoutMs?: number): EventHandler =>
  on(DeliveryLost, (data, sql) => advanceOrder(sql, { type: 'DeliveryLost', data }, stepTimeoutMs));
