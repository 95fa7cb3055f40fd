import { on } from '@waygraph/kit/event-consumer';
import { refundLines } from '@waygraph/payments/refund-payment';
import { OrderLinesDropped } from '@waygraph/schema/events/orders';
import type { ProviderAsker } from './ask-provider.ts';

export const onOrderLinesDropped = ({ soon }: Pick<ProviderAsker, 'soon'>) =>
  on(OrderLinesDropped, async (dropped, sql) => {
    if (await refundLines(sql, dropped)) soon(dropped.orderId);
  });
