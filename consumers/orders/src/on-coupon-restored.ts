import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { CouponRestored } from '@waygraph/schema/events/payment';

/** Its coupon may be used again, as was asked. */
export const onCouponRestored = (stepTimeoutMs?: number): EventHandler =>
  on(CouponRestored, (data, sql) => advanceOrder(sql, { type: 'CouponRestored', data }, stepTimeoutMs));
