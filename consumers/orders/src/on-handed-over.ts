import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { HandedOver } from '@waygraph/schema/events/delivery';

/** A parcel is with the carrier. */
export const onHandedOver = (stepTimeoutMs?: number): EventHandler =>
  on(HandedOver, (data, sql) => advanceOrder(sql, { type: 'HandedOver', data }, stepTimeoutMs));
