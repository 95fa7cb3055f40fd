import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrder } from '@waygraph/risk/assess-order';
import { Delivered } from '@waygraph/schema/events/delivery';

export const onDelivered = (): EventHandler =>
  on(Delivered, (delivered, sql, { occurredUs }) =>
    assessOrder(
      sql,
      delivered,
      { kind: 'DELIVERED', deliveryId: delivered.deliveryId, deliveredAt: delivered.deliveredAt },
      occurredUs,
    ),
  );
