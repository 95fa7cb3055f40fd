import { settleStock, type StockTerms } from '@waygraph/inventory/settle-stock';
import { stockFacts } from '@waygraph/inventory/stock-fact';
import { onMany, type EventHandler } from '@waygraph/kit/event-consumer';

export const onStockFacts = (terms: StockTerms): EventHandler[] =>
  onMany(stockFacts, async (deliveries, sql) => {
    const facts = deliveries.map(({ event, traceparent }) => ({ ...event, traceparent }));
    await settleStock(sql, facts, terms);
  });
