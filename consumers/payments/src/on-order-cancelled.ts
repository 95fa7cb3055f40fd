import { on } from '@waygraph/kit/event-consumer';
import { undoPayment } from '@waygraph/payments/undo-payment';
import { OrderCancelled } from '@waygraph/schema/events/orders';
import type { ProviderAsker } from './ask-provider.ts';

/** An order may end without OrderCancelling, and the one may overtake the other: it says the same. */
export const onOrderCancelled = ({ soon }: Pick<ProviderAsker, 'soon'>) =>
  on(OrderCancelled, async (cancelled, sql) => {
    if (await undoPayment(sql, cancelled)) soon(cancelled.orderId);
  });
