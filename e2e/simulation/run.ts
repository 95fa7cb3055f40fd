import type { OutboxEvent } from '@waygraph/schema/events/define';
import type { Agenda } from './agenda.ts';
import type { Faults, Outage } from './faults.ts';
import type { Random } from './random.ts';

/** Something that must never be. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly orderId: string;
  constructor(orderId: string, message: string) {
    super(message);
    this.orderId = orderId;
  }
}

/** What the parts of one run share. */
export type Run = {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly faults: Faults;
  readonly startMs: number;
  readonly newId: () => string;
  /** Everything that was told of an order, in the order it was committed. */
  readonly told: Map<string, OutboxEvent[]>;
  /** How often something happened that a run is to have seen. */
  readonly seen: Map<string, number>;
  /** The order whose story is written down; undefined: of none. */
  readonly traced: string | undefined;
  readonly story: string[];
};

/** Counts what happened, so that faults which never happen are noticed. */
export const note = ({ seen }: Run, what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

/** One line of the story of an order; `text` is only asked for when somebody wants to read it. */
export function write({ traced, story, agenda, startMs }: Run, orderId: string, text: () => string): void {
  if (traced !== orderId) return;
  story.push(`${((agenda.now() - startMs) / 1000).toFixed(3).padStart(12)} s  ${text()}`);
}

/** When somebody who is away at a moment is back; that moment, when nobody is away. */
export function backAt({ agenda, faults, startMs }: Run, who: Outage, momentMs = agenda.now()): number {
  let atMs = momentMs;
  for (const outage of faults.outages) {
    const sinceMs = atMs - startMs;
    if (outage.who === who && sinceMs >= outage.fromMs && sinceMs < outage.toMs) atMs = startMs + outage.toMs;
  }
  return atMs;
}

/** What matters of a payload, on one line. */
export function brief(payload: unknown): string {
  const told = payload as Record<string, unknown>;
  const parcels = told.parcels as readonly { sellerId: string; lines: readonly { lineNo: number }[] }[] | undefined;
  const sent = parcels?.map(({ sellerId, lines }) => `${sellerId}:${lines.map(({ lineNo }) => lineNo).join('+')}`);
  const left = ['orderId', 'customerId', 'parcels', 'shipTo', 'laneId', 'eta'];
  const rest = Object.fromEntries(Object.entries(told).filter(([name]) => !left.includes(name)));
  return JSON.stringify({ ...rest, ...(sent && { parcels: sent.join(' ') }) });
}
