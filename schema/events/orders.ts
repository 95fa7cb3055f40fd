import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { address, amountMinor, attempt, instant, orderParties, pricedLine, reason, version } from './fields.ts';

const topic = 'order.events';
const key = (order: { orderId: string }): string => order.orderId;

export const orderStatus = z.enum([
  'PENDING',
  'ROUTED',
  'RESERVED',
  'AWAITING_PAYMENT',
  'PAID',
  'CONFIRMED',
  'HANDED_OVER',
  'DELIVERED',
  'CANCELLING',
  'CANCELLED',
]);

/** Each event of an order carries what it is after the event. */
const order = { ...orderParties, status: orderStatus, version };

export const OrderPlaced = defineEvent({
  type: 'OrderPlaced',
  topic,
  key,
  data: z.object({
    ...order,
    placedAt: instant,
    lines: z.array(pricedLine).min(1).max(50),
    shipTo: address,
    payment: z.enum(['WALLET', 'CARD']),
    couponCode: z.string().optional(),
    allowPartial: z.boolean(),
    subtotalMinor: amountMinor,
  }),
});

export const OrderReadyForPayment = defineEvent({
  type: 'OrderReadyForPayment',
  topic,
  key,
  data: z.object({
    ...order,
    attempt,
    payment: z.enum(['WALLET', 'CARD']),
    subtotalMinor: amountMinor,
    discountMinor: amountMinor,
    totalMinor: amountMinor,
  }),
});

export const OrderConfirmed = defineEvent({
  type: 'OrderConfirmed',
  topic,
  key,
  data: z.object({ ...order, attempt }),
});
export const OrderHandedOver = defineEvent({ type: 'OrderHandedOver', topic, key, data: z.object(order) });
export const OrderDelivered = defineEvent({ type: 'OrderDelivered', topic, key, data: z.object(order) });

export const OrderCancelRequested = defineEvent({
  type: 'OrderCancelRequested',
  topic,
  key,
  data: z.object({ ...order, reason: reason.optional() }),
});

/** What each owner has to undo; money returns only after the delivery is known to be cancelled. */
export const OrderCancelling = defineEvent({
  type: 'OrderCancelling',
  topic,
  key,
  data: z.object({
    ...order,
    attempt,
    reason,
    undo: z.array(z.enum(['DELIVERY', 'STOCK', 'COUPON', 'PAYMENT'])),
  }),
});

export const OrderCancelled = defineEvent({ type: 'OrderCancelled', topic, key, data: z.object({ ...order, reason }) });

export const OrderLinesDropped = defineEvent({
  type: 'OrderLinesDropped',
  topic,
  key,
  data: z.object({
    ...order,
    attempt,
    lineNos: z.array(z.int().min(1)).min(1),
    refundMinor: amountMinor,
    reason,
    /** True: their goods are gone and do not come back to the shelf. */
    lost: z.boolean().optional(),
  }),
});

export const OrderCancelRefused = defineEvent({
  type: 'OrderCancelRefused',
  topic,
  key,
  data: z.object({ ...order, reason }),
});

export const StepRetryRequested = defineEvent({
  type: 'StepRetryRequested',
  topic,
  key,
  data: z.object({ ...order, attempt, step: z.string(), round: z.int().min(1).max(3) }),
});

export const SagaStuck = defineEvent({
  type: 'SagaStuck',
  topic,
  key,
  data: z.object({ ...order, attempt, step: z.string(), reason }),
});

/** An operator settled a stuck step by hand: whoever was to do it leaves it alone from now on. */
export const StepSettled = defineEvent({
  type: 'StepSettled',
  topic,
  key,
  data: z.object({
    ...order,
    attempt,
    step: z.string(),
    resolution: z.enum(['DONE_BY_HAND', 'WRITTEN_OFF']),
    /** Money that was to go back and is no longer owed. */
    amountMinor,
  }),
});

export const orderEvents = [
  OrderPlaced,
  OrderReadyForPayment,
  OrderConfirmed,
  OrderHandedOver,
  OrderDelivered,
  OrderCancelRequested,
  OrderCancelling,
  OrderCancelled,
  OrderLinesDropped,
  OrderCancelRefused,
  StepRetryRequested,
  SagaStuck,
  StepSettled,
] as const;

export type OrderEvent = EventOf<typeof orderEvents>;
