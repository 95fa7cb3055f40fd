import { EtaChanged } from '@waygraph/schema/events/delivery';
import { LaneFactorChanged } from '@waygraph/schema/events/lane';
import { counts, type Delivery } from './delivery.ts';
import type { LaneFactor } from './lane-factors.ts';
import { laneFactorChangedOf } from './lane.ts';
import { etaChangedOf, type OrderRoute } from './order-route.ts';

/** A present state, told as the event that led to it would be told now. */
export type LogRecord = {
  readonly eventId: string;
  readonly type: string;
  readonly key: string;
  readonly seq: number;
  readonly at: Date;
  /** JSON. */
  readonly payload: string;
};

/** The newest estimate of each parcel that counts. */
export const etaRecordsOf = (route: OrderRoute, deliveries: readonly Delivery[]): LogRecord[] =>
  deliveries.filter(counts).map(delivery => ({
    ...{ eventId: delivery.eta.eventId, type: EtaChanged.type, key: route.orderId, seq: delivery.eta.seq },
    at: new Date(delivery.eta.computedAt),
    payload: JSON.stringify(etaChangedOf(route, delivery)),
  }));

/** The present factors of lanes that ever had one. */
export const laneRecordsOf = (lanes: readonly LaneFactor[]): LogRecord[] =>
  lanes.flatMap(({ eventId, updatedAt, ...lane }) =>
    eventId === null
      ? []
      : {
          ...{ eventId, type: LaneFactorChanged.type, key: lane.laneId, seq: lane.revision, at: new Date(updatedAt) },
          payload: JSON.stringify(laneFactorChangedOf(lane)),
        },
  );
