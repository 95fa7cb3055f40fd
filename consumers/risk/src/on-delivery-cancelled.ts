import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrder } from '@waygraph/risk/assess-order';
import { DeliveryCancelled } from '@waygraph/schema/events/delivery';

export const onDeliveryCancelled = (): EventHandler =>
  on(DeliveryCancelled, (cancelled, sql, { occurredUs }) =>
    assessOrder(sql, cancelled, { kind: 'CANCELLED' }, occurredUs),
  );
