import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { PaymentRefunded } from '@waygraph/schema/events/payment';

/** The money is given back, as was asked. */
export const onPaymentRefunded = (stepTimeoutMs?: number): EventHandler =>
  on(PaymentRefunded, (data, sql) => advanceOrder(sql, { type: 'PaymentRefunded', data }, stepTimeoutMs));
