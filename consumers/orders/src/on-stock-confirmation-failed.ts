import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { StockConfirmationFailed } from '@waygraph/schema/events/stock';

/** The stock was no longer held when the money came. */
export const onStockConfirmationFailed = (stepTimeoutMs?: number): EventHandler =>
  on(StockConfirmationFailed, (data, sql) =>
    advanceOrder(sql, { type: 'StockConfirmationFailed', data }, stepTimeoutMs),
  );
