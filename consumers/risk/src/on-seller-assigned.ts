import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrder } from '@waygraph/risk/assess-order';
import { estimateOf } from '@waygraph/risk/estimate-of';
import { SellerAssigned } from '@waygraph/schema/events/delivery';

export const onSellerAssigned = (): EventHandler =>
  on(SellerAssigned, (assigned, sql, { occurredUs }) =>
    assessOrder(
      sql,
      assigned,
      { kind: 'ASSIGNED', attempt: assigned.attempt, parcels: assigned.parcels.map(estimateOf) },
      occurredUs,
    ),
  );
