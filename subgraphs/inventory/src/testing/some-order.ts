import type { SellerAssigned } from '@waygraph/schema/events/delivery';
import type { z } from 'zod';
import type { AssignedLine } from '../shelf.ts';

type Assigned = z.infer<typeof SellerAssigned.data>;
type Take = readonly [productId: string, sellerId: string, quantity: number];

/** Lines numbered from 1. */
export const linesOf = (takes: readonly Take[]): AssignedLine[] =>
  takes.map(([productId, sellerId, quantity], index) => ({ lineNo: index + 1, productId, sellerId, quantity }));

/** What routing says when it has chosen: a parcel per seller. */
export function assignedOrder(orderId: string, takes: readonly Take[], attempt = 1): Assigned {
  const parcels = Map.groupBy(linesOf(takes), line => line.sellerId);
  const at = '2026-11-21T09:30:00.000Z';
  const eta = { etaId: 'eta', version: 1, expectedAt: at, earliestAt: at, latestAt: at, computedAt: at };
  return {
    ...{ orderId, customerId: 'ana', sellerIds: [...parcels.keys()].sort(), attempt, droppedLineNos: [] },
    parcels: [...parcels].map(([sellerId, lines]) => ({
      deliveryId: `${orderId}:${sellerId}`,
      sellerId,
      laneId: 'RS>RS',
      lines,
      scoreMinutes: 60,
      eta: { ...eta, reason: 'ASSIGNED' },
    })),
  };
}
