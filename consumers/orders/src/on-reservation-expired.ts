import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { ReservationExpired } from '@waygraph/schema/events/stock';

/** Goods went back to the shelf before they were paid. */
export const onReservationExpired = (stepTimeoutMs?: number): EventHandler =>
  on(ReservationExpired, (data, sql) => advanceOrder(sql, { type: 'ReservationExpired', data }, stepTimeoutMs));
