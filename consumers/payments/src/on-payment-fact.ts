import { onMany, type EventHandler } from '@waygraph/kit/event-consumer';
import { paymentFacts } from '@waygraph/payments/payment-fact';
import { settlePayments } from '@waygraph/payments/settle-payments';
import type { ProviderAsker } from './ask-provider.ts';

export const onPaymentFacts = ({ soon }: Pick<ProviderAsker, 'soon'>): EventHandler[] =>
  onMany(paymentFacts, async (deliveries, sql) => {
    const facts = deliveries.map(({ event, traceparent }) => ({ ...event, traceparent }));
    for (const orderId of await settlePayments(sql, facts)) soon(orderId);
  });
