import type { Pool } from '@waygraph/kit/database';
import { onWithCalls } from '@waygraph/kit/event-consumer';
import type { PaymentProvider } from '@waygraph/payments/provider';
import { undoPayment } from '@waygraph/payments/undo-payment';
import { OrderCancelling } from '@waygraph/schema/events/orders';

export const onOrderCancelling = (deps: { pool: Pool; provider: PaymentProvider }) =>
  onWithCalls(OrderCancelling, (cancelling, finish) => undoPayment(deps, cancelling, finish));
