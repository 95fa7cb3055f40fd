import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { CouponRedeemed } from '@waygraph/schema/events/payment';

/** Its coupon counts. */
export const onCouponRedeemed = (stepTimeoutMs?: number): EventHandler =>
  on(CouponRedeemed, (data, sql) => advanceOrder(sql, { type: 'CouponRedeemed', data }, stepTimeoutMs));
