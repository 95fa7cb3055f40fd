import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { PaymentCaptured } from '@waygraph/schema/events/payment';

/** The money is there. */
export const onPaymentCaptured = (stepTimeoutMs?: number): EventHandler =>
  on(PaymentCaptured, (data, sql) => advanceOrder(sql, { type: 'PaymentCaptured', data }, stepTimeoutMs));
