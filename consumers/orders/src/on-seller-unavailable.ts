import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { SellerUnavailable } from '@waygraph/schema/events/delivery';

/** Nobody can serve it. */
export const onSellerUnavailable = (stepTimeoutMs?: number): EventHandler =>
  on(SellerUnavailable, (data, sql) => advanceOrder(sql, { type: 'SellerUnavailable', data }, stepTimeoutMs));
