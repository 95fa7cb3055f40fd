import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { SellerAssigned } from '@waygraph/schema/events/delivery';

/** Sellers are chosen for the order's lines. */
export const onSellerAssigned = (stepTimeoutMs?: number): EventHandler =>
  on(SellerAssigned, (data, sql) => advanceOrder(sql, { type: 'SellerAssigned', data }, stepTimeoutMs));
