import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { amountMinor, id, reason, sagaStep } from './fields.ts';

const topic = 'payment.events';
const key = (step: { orderId: string }): string => step.orderId;

const coupon = { couponCode: z.string().min(1) };
const payment = { paymentId: id, method: z.enum(['WALLET', 'CARD']) };

export const CouponRedeemed = defineEvent({
  type: 'CouponRedeemed',
  topic,
  key,
  data: z.object({ ...sagaStep, ...coupon, discountMinor: amountMinor.min(0) }),
});

export const CouponRejected = defineEvent({
  type: 'CouponRejected',
  topic,
  key,
  data: z.object({ ...sagaStep, ...coupon, reason }),
});

export const CouponRestored = defineEvent({
  type: 'CouponRestored',
  topic,
  key,
  data: z.object({ ...sagaStep, ...coupon }),
});

export const PaymentCaptured = defineEvent({
  type: 'PaymentCaptured',
  topic,
  key,
  data: z.object({ ...sagaStep, ...payment, amountMinor: amountMinor.min(0) }),
});

export const PaymentFailed = defineEvent({
  type: 'PaymentFailed',
  topic,
  key,
  data: z.object({ ...sagaStep, ...payment, reason }),
});

/** `refundedMinor` is the sum of all refunds so far, never above what was captured. */
export const PaymentRefunded = defineEvent({
  type: 'PaymentRefunded',
  topic,
  key,
  data: z.object({
    ...sagaStep,
    ...payment,
    amountMinor: amountMinor.min(1),
    refundedMinor: amountMinor.min(1),
    reason,
  }),
});

export const CompensationStuck = defineEvent({
  type: 'CompensationStuck',
  topic,
  key,
  data: z.object({ ...sagaStep, step: z.string(), reason }),
});

export const paymentEvents = [
  CouponRedeemed,
  CouponRejected,
  CouponRestored,
  PaymentCaptured,
  PaymentFailed,
  PaymentRefunded,
  CompensationStuck,
] as const;

export type PaymentEvent = EventOf<typeof paymentEvents>;
