import type { SellerAssigned } from '@waygraph/schema/events/delivery';
import type { z } from 'zod';
import type { AssignedLine } from '../shelf.ts';
import type { StockFact } from '../stock-fact.ts';

type Assigned = z.infer<typeof SellerAssigned.data>;
type Cancelling = Extract<StockFact, { type: 'OrderCancelling' }>['data'];
type Status = Cancelling['status'];
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

const parties = (orderId: string) => ({ orderId, customerId: 'ana', sellerIds: ['from the fact'] });

/** What inventory hears about an order. */
export const facts = {
  assigned: (...order: Parameters<typeof assignedOrder>): StockFact => ({
    type: 'SellerAssigned',
    data: assignedOrder(...order),
  }),
  captured: (orderId: string, attempt = 1): StockFact => ({
    type: 'PaymentCaptured',
    data: { ...parties(orderId), attempt, paymentId: 'pay', method: 'WALLET', amountMinor: 100 },
  }),
  cancelling: (
    orderId: string,
    { attempt = 1, reason = 'payment failed', undo = ['STOCK'] }: Partial<Cancelling> = {},
  ): StockFact => ({
    type: 'OrderCancelling',
    data: { ...parties(orderId), status: 'CANCELLING', version: 3, attempt, reason, undo },
  }),
  cancelled: (orderId: string, reason = 'payment failed'): StockFact => ({
    type: 'OrderCancelled',
    data: { ...parties(orderId), status: 'CANCELLED', version: 4, reason },
  }),
  dropped: (orderId: string, lineNos: number[], more: { lost?: boolean } = {}): StockFact => ({
    type: 'OrderLinesDropped',
    data: {
      ...{
        ...parties(orderId),
        status: 'CONFIRMED',
        version: 5,
        attempt: 1,
        lineNos,
        refundMinor: 10,
        reason: 'nobody has it',
      },
      ...more,
    },
  }),
  lost: (orderId: string, lineNos: number[]): StockFact => ({
    type: 'DeliveryLost',
    data: {
      ...parties(orderId),
      deliveryId: 'd',
      sellerId: 's',
      laneId: 'RS>RS',
      lineNos,
      reason: 'a truck burnt down',
    },
  }),
  retry: (orderId: string, step: string, attempt = 1, status: Status = 'ROUTED'): StockFact => ({
    type: 'StepRetryRequested',
    data: { ...parties(orderId), status, version: 6, attempt, step, round: 1 },
  }),
};
