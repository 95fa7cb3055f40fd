import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { StockRejected } from '@waygraph/schema/events/stock';

/** A seller has not got it: routing chooses another one. */
export const onStockRejected = (stepTimeoutMs?: number): EventHandler =>
  on(StockRejected, (data, sql) => advanceOrder(sql, { type: 'StockRejected', data }, stepTimeoutMs));
