import { releaseStock } from '@waygraph/inventory/release-stock';
import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { OrderCancelling } from '@waygraph/schema/events/orders';

export const onOrderCancelling = (): EventHandler =>
  on(OrderCancelling, async (cancelling, sql) => {
    if (cancelling.undo.includes('STOCK')) await releaseStock(sql, cancelling);
  });
