import { onMany, type EffectOfMany, type EventHandler } from '@waygraph/kit/event-consumer';
import type { PaymentFact } from '@waygraph/payments/payment-fact';
import { settlePayments } from '@waygraph/payments/settle-payments';
import { SellerAssigned } from '@waygraph/schema/events/delivery';
import {
  OrderCancelled,
  OrderCancelling,
  OrderLinesDropped,
  OrderPlaced,
  OrderReadyForPayment,
  StepRetryRequested,
  StepSettled,
} from '@waygraph/schema/events/orders';
import type { ProviderAsker } from './ask-provider.ts';

/** One effect for everything that an order's money depends on, so that whatever comes in a row shares a transaction. */
export function onPaymentFacts({ soon }: Pick<ProviderAsker, 'soon'>): EventHandler[] {
  const settle: EffectOfMany = async (deliveries, sql) => {
    // Each was parsed by one of the definitions below, which makes it one of these facts.
    const facts = deliveries.map(({ event, traceparent }) => ({ ...(event as PaymentFact), traceparent }));
    for (const orderId of await settlePayments(sql, facts)) soon(orderId);
  };
  return [
    onMany(OrderPlaced, settle),
    onMany(SellerAssigned, settle),
    onMany(OrderReadyForPayment, settle),
    onMany(OrderLinesDropped, settle),
    onMany(OrderCancelling, settle),
    // An order may end without OrderCancelling, and the one may overtake the other: it says the same.
    onMany(OrderCancelled, settle),
    onMany(StepRetryRequested, settle),
    onMany(StepSettled, settle),
  ];
}
