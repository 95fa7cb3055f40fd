import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrder } from '@waygraph/risk/assess-order';
import { estimateOf } from '@waygraph/risk/estimate-of';
import { EtaChanged } from '@waygraph/schema/events/delivery';

export const onEtaChanged = (): EventHandler =>
  on(EtaChanged, (told, sql, { occurredUs }) =>
    assessOrder(sql, told, { kind: 'ESTIMATED', parcel: estimateOf(told) }, occurredUs),
  );
