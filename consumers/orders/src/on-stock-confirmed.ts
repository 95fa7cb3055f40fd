import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { StockConfirmed } from '@waygraph/schema/events/stock';

/** Its stock is sold. */
export const onStockConfirmed = (stepTimeoutMs?: number): EventHandler =>
  on(StockConfirmed, (data, sql) => advanceOrder(sql, { type: 'StockConfirmed', data }, stepTimeoutMs));
