import type { Pool } from '@waygraph/kit/database';
import { onWithCalls } from '@waygraph/kit/event-consumer';
import { capturePayment } from '@waygraph/payments/capture-payment';
import type { PaymentProvider } from '@waygraph/payments/provider';
import { OrderReadyForPayment } from '@waygraph/schema/events/orders';

export const onOrderReadyForPayment = (deps: { pool: Pool; provider: PaymentProvider }) =>
  onWithCalls(OrderReadyForPayment, (ready, finish) => capturePayment(deps, ready, finish));
