import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrder } from '@waygraph/risk/assess-order';
import { DeliveryLost } from '@waygraph/schema/events/delivery';

export const onDeliveryLost = (): EventHandler =>
  on(DeliveryLost, (lost, sql, { occurredUs }) =>
    assessOrder(sql, lost, { kind: 'GONE', deliveryId: lost.deliveryId }, occurredUs),
  );
