import { onMany, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrders } from '@waygraph/risk/assess-order';
import { estimateOf } from '@waygraph/risk/estimate-of';
import { EtaChanged } from '@waygraph/schema/events/delivery';

/** A lane that jams moves the estimates of all its parcels at once. */
export const onEtaChanged = (): EventHandler =>
  onMany(EtaChanged, (deliveries, sql) =>
    assessOrders(
      sql,
      deliveries.map(({ event: { data }, occurredUs, traceparent }) => ({
        ...{ parties: data, occurredUs, traceparent },
        fact: { kind: 'ESTIMATED', parcel: estimateOf(data) },
      })),
    ),
  );
