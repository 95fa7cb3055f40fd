import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { StockReleased } from '@waygraph/schema/events/stock';

/** Its stock is free again, as was asked. */
export const onStockReleased = (stepTimeoutMs?: number): EventHandler =>
  on(StockReleased, (data, sql) => advanceOrder(sql, { type: 'StockReleased', data }, stepTimeoutMs));
