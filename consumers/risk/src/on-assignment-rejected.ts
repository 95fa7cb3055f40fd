import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrder } from '@waygraph/risk/assess-order';
import { AssignmentRejected } from '@waygraph/schema/events/delivery';

export const onAssignmentRejected = (): EventHandler =>
  on(AssignmentRejected, (rejected, sql, { occurredUs }) =>
    assessOrder(sql, rejected, { kind: 'GONE', deliveryId: rejected.deliveryId }, occurredUs),
  );
