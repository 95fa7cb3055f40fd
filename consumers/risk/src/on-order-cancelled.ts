import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrder } from '@waygraph/risk/assess-order';
import { OrderCancelled } from '@waygraph/schema/events/orders';

export const onOrderCancelled = (): EventHandler =>
  on(OrderCancelled, (cancelled, sql, { occurredUs }) =>
    assessOrder(sql, cancelled, { kind: 'CANCELLED' }, occurredUs),
  );
