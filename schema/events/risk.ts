import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { id, instant, orderParties, reason } from './fields.ts';

const orderKey = (event: { orderId: string }): string => event.orderId;
const laneKey = (event: { laneId: string }): string => event.laneId;

export const riskLevel = z.enum(['LOW', 'ELEVATED', 'HIGH', 'CONFIRMED']);

export const RiskLevelChanged = defineEvent({
  type: 'RiskLevelChanged',
  topic: 'delivery.risk',
  key: orderKey,
  data: z.object({
    ...orderParties,
    level: riskLevel,
    previousLevel: riskLevel,
    predictedDelayMinutes: z.number(),
    since: instant,
    reason,
  }),
});

export const DelayConfirmed = defineEvent({
  type: 'DelayConfirmed',
  topic: 'delivery.risk',
  key: orderKey,
  data: z.object({ ...orderParties, sellerId: id, predictedDelayMinutes: z.number(), reason }),
});

/** Advice to routing, which alone sets a lane's factor. */
export const LaneFeedback = defineEvent({
  type: 'LaneFeedback',
  topic: 'stats.feedback',
  key: laneKey,
  data: z.object({ laneId: id, factor: z.number().min(0.2).max(10), validUntil: instant, evidence: reason }),
});

const incident = { incidentId: id, laneId: id };

export const IncidentOpened = defineEvent({
  type: 'IncidentOpened',
  topic: 'incident.events',
  key: laneKey,
  data: z.object({ ...incident, openedAt: instant, score: z.number(), delayFactor: z.number(), evidence: reason }),
});

export const IncidentCleared = defineEvent({
  type: 'IncidentCleared',
  topic: 'incident.events',
  key: laneKey,
  data: z.object({ ...incident, clearedAt: instant, evidence: reason }),
});

export const riskEvents = [RiskLevelChanged, DelayConfirmed, LaneFeedback, IncidentOpened, IncidentCleared] as const;

export type RiskEvent = EventOf<typeof riskEvents>;
