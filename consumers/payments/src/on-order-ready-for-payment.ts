import { on } from '@waygraph/kit/event-consumer';
import { capturePayment } from '@waygraph/payments/capture-payment';
import { OrderReadyForPayment } from '@waygraph/schema/events/orders';
import type { ProviderAsker } from './ask-provider.ts';

export const onOrderReadyForPayment = ({ soon }: Pick<ProviderAsker, 'soon'>) =>
  on(OrderReadyForPayment, async (ready, sql) => {
    if (await capturePayment(sql, ready)) soon(ready.orderId);
  });
