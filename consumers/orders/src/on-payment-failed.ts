import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { PaymentFailed } from '@waygraph/schema/events/payment';

/** The money does not come. */
export const onPaymentFailed = (stepTimeoutMs?: number): EventHandler =>
  on(PaymentFailed, (data, sql) => advanceOrder(sql, { type: 'PaymentFailed', data }, stepTimeoutMs));
