import type { EffectOfMany } from '@waygraph/kit/event-consumer';
import { tellTimeline } from '@waygraph/orders/tell-timeline';
import type { OrderFact } from '@waygraph/orders/timeline';

/** Every event about an order is kept with it, in the transaction that brought the order on. */
export const keepInTimeline: EffectOfMany = (deliveries, sql) =>
  // Only events of handlers come here, and theirs are all told about orders.
  tellTimeline(
    sql,
    deliveries.map(({ event, ...delivery }) => ({ ...delivery, event: event as OrderFact })),
  );
