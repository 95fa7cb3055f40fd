import type { Delivery } from '@waygraph/kit/consumer';
import type { Sql } from '@waygraph/kit/database';
import { tellTimeline } from '@waygraph/orders/tell-timeline';
import type { OrderFact } from '@waygraph/orders/timeline';

/** Every event about an order is kept with it, in the transaction that brought the order on. */
export const keepInTimeline = (
  { event, ...delivery }: Delivery<{ readonly type: string; readonly data: unknown }>,
  sql: Sql,
): Promise<void> =>
  // Only events of handlers come here, and theirs are all told about orders.
  tellTimeline(sql, { ...delivery, event: event as OrderFact });
