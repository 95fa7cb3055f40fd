import type { EventOf } from '@waygraph/schema/events/define';
import {
  AssignmentRejected,
  Delivered,
  DeliveryCancelled,
  DeliveryLost,
  EtaChanged,
  SellerAssigned,
} from '@waygraph/schema/events/delivery';
import { OrderCancelled } from '@waygraph/schema/events/orders';
import type { z } from 'zod';
import type { Estimate } from './parcel.ts';
import type { Fact } from './risk.ts';

/** What others tell that an order's risk depends on. */
export const riskEvents = [
  SellerAssigned,
  EtaChanged,
  Delivered,
  DeliveryLost,
  AssignmentRejected,
  DeliveryCancelled,
  OrderCancelled,
] as const;
export type RiskEvent = EventOf<typeof riskEvents>;

/** What an event says of an order's parcels. */
export function factOf({ type, data }: RiskEvent): Fact {
  switch (type) {
    case 'SellerAssigned':
      return { kind: 'ASSIGNED', attempt: data.attempt, parcels: data.parcels.map(estimateOf) };
    case 'EtaChanged':
      return { kind: 'ESTIMATED', parcel: estimateOf(data) };
    case 'Delivered':
      return { kind: 'DELIVERED', deliveryId: data.deliveryId, deliveredAt: data.deliveredAt };
    case 'DeliveryLost':
    case 'AssignmentRejected':
      return { kind: 'GONE', deliveryId: data.deliveryId };
    case 'DeliveryCancelled':
    case 'OrderCancelled':
      return { kind: 'CANCELLED' };
  }
}

type ParcelTold = Pick<z.infer<typeof EtaChanged.data>, 'deliveryId' | 'laneId' | 'eta'>;

function estimateOf({ deliveryId, laneId, eta }: ParcelTold): Estimate {
  const { version, expectedAt, promisedAt = null, computedAt } = eta;
  return { deliveryId, laneId, version, expectedAt, promisedAt, computedAt };
}
