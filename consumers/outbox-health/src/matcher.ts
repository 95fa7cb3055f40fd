/** A row that asks for a record on the log. */
export type OutboxRow = {
  readonly place: string;
  readonly schema: string;
  readonly table: 'outbox' | 'outbox_again';
  /** Of the twin: its number there. */
  readonly n: number | null;
  readonly id: string;
  readonly day: string;
  readonly topic: string;
  readonly key: string;
  readonly seq: number;
  /** The transaction that wrote it. */
  readonly tx: number;
  readonly occurredMs: number;
};

export type LogRecord = {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly occurredMs: number;
};

/** A row whose record has not been seen; the WAL's end when it was last written (again) is at or before `lsn`. */
export type Pending = { readonly row: OutboxRow; lsn: bigint; republished: number; late: boolean };

/** By place: transactions from this number on had not begun. */
export type Bounds = ReadonlyMap<string, number>;

type Waiting = { readonly record: LogRecord; readonly round: number };

/**
 * Pairs rows with records, one to one by event id, whichever of both comes first. Only what has no partner yet is kept, and nothing is
 * forgotten: `room` and `recordRoom` say how many more are to be brought.
 */
export function createMatcher(options: { mostRows?: number; mostRecords?: number; mostRecent?: number } = {}) {
  const { mostRows = 20_000, mostRecords = 50_000, mostRecent = 20_000 } = options;
  const pending = new Map<string, Pending[]>();
  const waiting = new Map<string, Waiting[]>();
  /** Ids paired lately, so that most repeats are known without a question. */
  const recent = new Set<string>();
  let pendingCount = 0;
  let waitingCount = 0;
  const counts = { matched: 0 };
  /** For records of a round: when everything below these bounds is read, their rows have been read too. */
  const bounds = new Map<number, Bounds>();
  let round = 0;

  const remember = (id: string) => {
    counts.matched += 1;
    recent.delete(id);
    recent.add(id);
    if (recent.size > mostRecent) for (const oldest of recent) if (recent.size > mostRecent) recent.delete(oldest);
  };

  function takeFirst<T>(map: Map<string, T[]>, id: string): T | undefined {
    const list = map.get(id);
    const first = list?.shift();
    if (list?.length === 0) map.delete(id);
    return first;
  }

  return {
    room: () => mostRows - pendingCount,
    recordRoom: () => mostRecords - waitingCount,
    /** True when its record is there already. */
    row(row: OutboxRow, lsn: bigint): boolean {
      if (takeFirst(waiting, row.id) !== undefined) {
        waitingCount -= 1;
        remember(row.id);
        return true;
      }
      const known = pending.get(row.id) ?? [];
      known.push({ row, lsn, republished: 0, late: false });
      pending.set(row.id, known);
      pendingCount += 1;
      return false;
    },
    record(record: LogRecord): void {
      if (takeFirst(pending, record.id) !== undefined) {
        pendingCount -= 1;
        remember(record.id);
        return;
      }
      const known = waiting.get(record.id) ?? [];
      known.push({ record, round });
      waiting.set(record.id, known);
      waitingCount += 1;
    },
    /** Ends the round in which records came; `now` was asked after they did. */
    endRound(now: Bounds): void {
      bounds.set(round, now);
      round += 1;
    },
    /** Records no row of theirs will come for any more: repeats, or strangers. `read`: by place, everything below is read. */
    unexplained(read: Bounds): { record: LogRecord; knownRepeat: boolean }[] {
      const settled = new Set<number>();
      for (const [number, wanted] of bounds)
        if ([...wanted].every(([place, bound]) => (read.get(place) ?? 0) >= bound)) settled.add(number);
      const rest: { record: LogRecord; knownRepeat: boolean }[] = [];
      if (settled.size > 0)
        for (const [id, list] of waiting) {
          const over = list.filter(one => settled.has(one.round));
          if (over.length === 0) continue;
          waitingCount -= over.length;
          if (over.length === list.length) waiting.delete(id);
          else
            waiting.set(
              id,
              list.filter(one => !settled.has(one.round)),
            );
          rest.push(...over.map(({ record }) => ({ record, knownRepeat: recent.has(id) })));
        }
      for (const number of settled) bounds.delete(number);
      return rest;
    },
    pending: (): Pending[] => [...pending.values()].flat(),
    /** By place, the lowest transaction that still waits. */
    lowest(place: string): number | undefined {
      let lowest: number | undefined;
      for (const list of pending.values())
        for (const { row } of list) if (row.place === place && row.tx < (lowest ?? Infinity)) lowest = row.tx;
      return lowest;
    },
    /** As at the beginning; what it counted stays. */
    clear(): void {
      for (const all of [pending, waiting, recent, bounds]) all.clear();
      pendingCount = 0;
      waitingCount = 0;
    },
    counts,
    sizes: () => ({ rows: pendingCount, records: waitingCount }),
  };
}

export type Matcher = ReturnType<typeof createMatcher>;
