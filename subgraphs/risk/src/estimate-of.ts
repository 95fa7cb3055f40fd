import type { EtaChanged } from '@waygraph/schema/events/delivery';
import type { z } from 'zod';
import type { Estimate } from './parcel.ts';

/** What an event says of a parcel and its estimate. */
export function estimateOf({ deliveryId, laneId, eta }: ParcelTold): Estimate {
  const { version, expectedAt, promisedAt = null, computedAt } = eta;
  return { deliveryId, laneId, version, expectedAt, promisedAt, computedAt };
}

type ParcelTold = Pick<z.infer<typeof EtaChanged.data>, 'deliveryId' | 'laneId' | 'eta'>;
