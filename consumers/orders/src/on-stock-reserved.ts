import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { StockReserved } from '@waygraph/schema/events/stock';

/** The sellers hold its stock. */
export const onStockReserved = (stepTimeoutMs?: number): EventHandler =>
  on(StockReserved, (data, sql) => advanceOrder(sql, { type: 'StockReserved', data }, stepTimeoutMs));
