import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { assignedLine, estimate, id, instant, orderParties, reason, sagaStep } from './fields.ts';

const topic = 'delivery.events';
const key = (delivery: { orderId: string }): string => delivery.orderId;

/** One parcel: an order and one of its sellers. */
const parcel = { ...orderParties, deliveryId: id, sellerId: id, laneId: id };

/** One event for all lines of the order, so that inventory and payments decide on the whole. */
export const SellerAssigned = defineEvent({
  type: 'SellerAssigned',
  topic,
  key,
  data: z.object({
    ...sagaStep,
    parcels: z
      .array(
        z.object({
          deliveryId: id,
          sellerId: id,
          laneId: id,
          lines: z.array(assignedLine).min(1),
          scoreMinutes: z.number(),
          eta: estimate,
        }),
      )
      .min(1),
    droppedLineNos: z.array(z.int().min(1)),
  }),
});

export const SellerUnavailable = defineEvent({
  type: 'SellerUnavailable',
  topic,
  key,
  data: z.object({ ...sagaStep, lineNos: z.array(z.int().min(1)).min(1), reason }),
});

export const DeliveryStarted = defineEvent({
  type: 'DeliveryStarted',
  topic,
  key,
  data: z.object({ ...parcel, startedAt: instant }),
});

export const HandedOver = defineEvent({
  type: 'HandedOver',
  topic,
  key,
  data: z.object({ ...parcel, handedOverAt: instant }),
});

export const Scanned = defineEvent({
  type: 'Scanned',
  topic,
  key,
  data: z.object({ ...parcel, hub: id, kind: z.enum(['HUB', 'OUT_FOR_DELIVERY']), scannedAt: instant }),
});

export const Delivered = defineEvent({
  type: 'Delivered',
  topic,
  key,
  data: z.object({ ...parcel, deliveredAt: instant }),
});

export const DeliveryLost = defineEvent({
  type: 'DeliveryLost',
  topic,
  key,
  data: z.object({ ...parcel, lineNos: z.array(z.int().min(1)).min(1), reason }),
});

export const AssignmentRejected = defineEvent({
  type: 'AssignmentRejected',
  topic,
  key,
  data: z.object({ ...sagaStep, deliveryId: id, sellerId: id, lineNos: z.array(z.int().min(1)).min(1), reason }),
});

/** Routing alone decides whether a hand-over has happened: this event, or CancelRefused, is its answer to a cancellation. */
export const DeliveryCancelled = defineEvent({
  type: 'DeliveryCancelled',
  topic,
  key,
  data: z.object({ ...sagaStep, reason }),
});

export const CancelRefused = defineEvent({
  type: 'CancelRefused',
  topic,
  key,
  data: z.object({ ...sagaStep, reason }),
});

export const EtaChanged = defineEvent({
  type: 'EtaChanged',
  topic,
  key,
  data: z.object({ ...parcel, eta: estimate, previousExpectedAt: instant.optional() }),
});

export const deliveryEvents = [
  SellerAssigned,
  SellerUnavailable,
  DeliveryStarted,
  HandedOver,
  Scanned,
  Delivered,
  DeliveryLost,
  AssignmentRejected,
  DeliveryCancelled,
  CancelRefused,
  EtaChanged,
] as const;

export type DeliveryEvent = EventOf<typeof deliveryEvents>;
