import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { assignedLine, instant, reason, sagaStep } from './fields.ts';

const topic = 'stock.events';
const key = (step: { orderId: string }): string => step.orderId;

/** Always all lines of the attempt or none of them. */
const lines = { lines: z.array(assignedLine).min(1) };

export const StockReserved = defineEvent({
  type: 'StockReserved',
  topic,
  key,
  data: z.object({ ...sagaStep, ...lines, expiresAt: instant }),
});

export const StockRejected = defineEvent({
  type: 'StockRejected',
  topic,
  key,
  data: z.object({ ...sagaStep, lineNos: z.array(z.int().min(1)).min(1), reason }),
});

export const StockReleased = defineEvent({
  type: 'StockReleased',
  topic,
  key,
  // None where nothing was there to go back, and somebody waits for the answer.
  data: z.object({ ...sagaStep, lines: z.array(assignedLine), reason }),
});

export const ReservationExpired = defineEvent({
  type: 'ReservationExpired',
  topic,
  key,
  data: z.object({ ...sagaStep, ...lines }),
});

export const StockConfirmed = defineEvent({
  type: 'StockConfirmed',
  topic,
  key,
  data: z.object({ ...sagaStep, ...lines }),
});

export const StockConfirmationFailed = defineEvent({
  type: 'StockConfirmationFailed',
  topic,
  key,
  data: z.object({ ...sagaStep, reason }),
});

export const stockEvents = [
  StockReserved,
  StockRejected,
  StockReleased,
  ReservationExpired,
  StockConfirmed,
  StockConfirmationFailed,
] as const;

export type StockEvent = EventOf<typeof stockEvents>;
