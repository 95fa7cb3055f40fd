import { settleStock, type StockTerms } from '@waygraph/inventory/settle-stock';
import type { StockFact } from '@waygraph/inventory/stock-fact';
import { onMany, type EffectOfMany, type EventHandler } from '@waygraph/kit/event-consumer';
import { DeliveryLost, SellerAssigned } from '@waygraph/schema/events/delivery';
import { OrderCancelled, OrderCancelling, OrderLinesDropped, StepRetryRequested } from '@waygraph/schema/events/orders';
import { PaymentCaptured } from '@waygraph/schema/events/payment';

/** One effect for everything that stock depends on, so that whatever comes in a row shares a transaction. */
export function onStockFacts(terms: StockTerms): EventHandler[] {
  const settle: EffectOfMany = async (deliveries, sql) => {
    // Each was parsed by one of the definitions below, which makes it one of these facts.
    const facts = deliveries.map(({ event, traceparent }) => ({ ...(event as StockFact), traceparent }));
    await settleStock(sql, facts, terms);
  };
  return [
    onMany(SellerAssigned, settle),
    onMany(DeliveryLost, settle),
    onMany(PaymentCaptured, settle),
    onMany(OrderCancelling, settle),
    onMany(OrderCancelled, settle),
    onMany(OrderLinesDropped, settle),
    onMany(StepRetryRequested, settle),
  ];
}
