import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { id, instant, reason } from './fields.ts';

/** `revision` grows with each change of the lane's factor; the live copy is only overwritten by a newer one. */
export const LaneFactorChanged = defineEvent({
  type: 'LaneFactorChanged',
  topic: 'lane.events',
  key: lane => lane.laneId,
  data: z.object({
    laneId: id,
    factor: z.number().min(0.2).max(10),
    previousFactor: z.number().min(0.2).max(10),
    validUntil: instant.optional(),
    revision: z.int().min(1),
    setBy: z.enum(['OPERATOR', 'RISK', 'EXPIRY']),
    reason,
  }),
});

export const laneEvents = [LaneFactorChanged] as const;

export type LaneEvent = EventOf<typeof laneEvents>;
