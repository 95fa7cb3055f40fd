import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { id, instant, version } from './fields.ts';

/** Moves an idle replication slot and measures the way from commit to consumer; carries nothing of the business. */
export const CanaryBeat = defineEvent({
  type: 'CanaryBeat',
  topic: 'canary',
  key: beat => beat.server,
  data: z.object({ server: id, beat: version, at: instant }),
});

export const canaryEvents = [CanaryBeat] as const;

export type CanaryEvent = EventOf<typeof canaryEvents>;
