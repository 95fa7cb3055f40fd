import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { CouponRejected } from '@waygraph/schema/events/payment';

/** Its coupon does not count. */
export const onCouponRejected = (stepTimeoutMs?: number): EventHandler =>
  on(CouponRejected, (data, sql) => advanceOrder(sql, { type: 'CouponRejected', data }, stepTimeoutMs));
