import type { ToldUpTo } from '@waygraph/kit/cursor';
import type { LogRecord } from './log-record.ts';

/** So many events are remembered per subscription, so that a repeat of them is known. */
const mostIds = 2_000;
/** A state whose event has not come by after so long needs no place in a cursor any more. */
const inFlightMs = 10 * 60_000;
const mostInFlight = 16;
/** Of a feed of which only the newest counts, the newest of so many things is known. */
const mostThings = 10_000;

/** A state that was told before its event came by. `atMs`: when it happened. */
export type ToldState = { readonly thing: string; readonly seq: number; readonly atMs: number };

/**
 * What a subscription has told. An event is told again neither as a repeat (its id) nor when a state that contains it was told
 * (its seq); a lower seq alone is no reason: what was lost and published later is still to be told.
 */
export function createTold(options: {
  thingOf: (record: LogRecord) => string;
  /** Nothing older of a thing is told behind something newer. */
  newestOnly?: boolean;
  now?: () => number;
}) {
  const { thingOf, newestOnly = false, now = Date.now } = options;
  const ids = new Set<string>();
  const upTo = new Map<string, number>();
  const inFlight = new Map<string, { seq: number; atMs: number }>();

  function remember(id: string): void {
    ids.add(id);
    if (ids.size > mostIds) for (const oldest of ids) if (ids.delete(oldest)) return;
  }

  function newest(thing: string, seq: number): void {
    upTo.delete(thing);
    upTo.set(thing, seq);
    if (upTo.size > mostThings) for (const oldest of upTo.keys()) if (upTo.delete(oldest)) return;
  }

  return {
    remember,
    /** `travelling`: its event has not been seen in the log yet, so that a cursor has to say that it is told. */
    state({ thing, seq, atMs }: ToldState, travelling: boolean): void {
      upTo.set(thing, Math.max(seq, upTo.get(thing) ?? seq));
      if (travelling) inFlight.set(thing, { seq, atMs });
    },
    /** Whether the event is to be told; then it counts as told. */
    isNew(record: LogRecord): boolean {
      const thing = thingOf(record);
      const things = [thing, record.key];
      for (const thing of things) if ((inFlight.get(thing)?.seq ?? Infinity) <= record.seq) inFlight.delete(thing);
      if (ids.has(record.id) || things.some(thing => record.seq <= (upTo.get(thing) ?? -Infinity))) return false;
      remember(record.id);
      if (newestOnly) newest(thing, record.seq);
      return true;
    },
    /** For a cursor: states whose events may still come by. */
    inFlight(): ToldUpTo[] {
      if (inFlight.size === 0) return [];
      const young = [...inFlight].filter(([, { atMs }]) => now() - atMs < inFlightMs);
      return young.slice(-mostInFlight).map(([thing, { seq }]) => [thing, seq] as const);
    },
  };
}

export type Told = ReturnType<typeof createTold>;

/** What tells one thing from another: the record's key, with payload fields where one key has several things. */
export const thingBy =
  (per: readonly string[]) =>
  (record: Pick<LogRecord, 'key' | 'payload'>): string =>
    per.length === 0 ? record.key : JSON.stringify([record.key, ...per.map(field => record.payload()[field] ?? null)]);
