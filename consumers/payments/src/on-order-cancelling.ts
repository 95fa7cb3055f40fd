import { on } from '@waygraph/kit/event-consumer';
import { undoPayment } from '@waygraph/payments/undo-payment';
import { OrderCancelling } from '@waygraph/schema/events/orders';
import type { ProviderAsker } from './ask-provider.ts';

export const onOrderCancelling = ({ soon }: Pick<ProviderAsker, 'soon'>) =>
  on(OrderCancelling, async (cancelling, sql) => {
    if (await undoPayment(sql, cancelling)) soon(cancelling.orderId);
  });
