import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import type { Log } from '@waygraph/kit/log';
import { beginProof, type Side } from './begin-proof.ts';
import type { EventLog, Offsets } from './event-log.ts';
import { LogCut } from './log-cut.ts';
import { createMatcher, type OutboxRow, type Pending } from './matcher.ts';
import {
  confirmed,
  forgetPosition,
  known,
  publishAgain,
  readRows,
  savePosition,
  transactions,
  walEnd,
  type Place,
} from './place.ts';
import { readSources } from './read-sources.ts';

/** A row without a record is late after this time; whether it is missing is told by the slot, not by the clock. */
const lateAfterMs = 10_000;
const recordsAtOnce = 20_000;
const againAtOnce = 500;
const saveEveryMs = 10_000;
const mostTries = 100;
const tellAgainMs = 60_000;

/**
 * Proves that every row of the outboxes is on the log, by reading both on and on: `round` reads what is new on both sides and publishes
 * again what the connector says it has published and has not. One instance per system; a second one would only repeat its work.
 */
export function createReconciler(options: {
  places: readonly Place[];
  eventLog: EventLog;
  topics: readonly string[];
  log: Log;
  /** Names of the outbox connectors' slots. */
  slots?: string;
  matcher?: ReturnType<typeof createMatcher>;
}) {
  const { places, eventLog, log, slots = '^outbox(_[0-9]+)?$', matcher = createMatcher() } = options;
  const topics = new Set(options.topics);
  const counts = {
    rows: 0,
    records: 0,
    missing: 0,
    republished: 0,
    late: 0,
    duplicates: 0,
    strangers: 0,
    gaps: 0,
    elsewhere: 0,
    cuts: 0,
    /** Of sides that were given up. */
    repeats: 0,
  };
  const toldElsewhere = new Set<string>();
  /** By place the lowest transaction that wrote rows for topics that do not exist. */
  const nowhere = new Map<string, number>();
  let sides: Side[] | undefined;
  let alreadyRead: Offsets = {};
  let lastSave = performance.now();
  let strangersTold = Number.NEGATIVE_INFINITY;
  let lateNow = 0;

  async function begin(): Promise<Side[]> {
    const begun = await beginProof(places, eventLog);
    alreadyRead = begun.alreadyRead;
    return (sides = begun.sides);
  }

  const readBelow = ({ sources }: Side): number => Math.min(...sources.map(({ tx }) => tx));

  /** Everything that is new in the outboxes of a place, as far as there is room. */
  async function readPlace(side: Side): Promise<number> {
    const { place, sources } = side;
    const offsets = eventLog.positions();
    const { over, begun } = await transactions(place.sql);
    await readSources({
      ...{ sources, over },
      room: () => ({ rows: matcher.room(), records: matcher.recordRoom() }),
      read: async (source, most) => {
        const { rows, upTo } = await readRows(place, source, over, most);
        const lsn = rows.length > 0 ? await walEnd(place.sql) : 0n;
        for (const row of rows) addRow(side, row, lsn, begun);
        source.tx = upTo;
      },
    });
    side.history.add({ begun, offsets });
    return begun;
  }

  function addRow({ gaps }: Side, row: OutboxRow, lsn: bigint, begun: number): void {
    counts.rows += 1;
    if (row.table === 'outbox') gaps.add(row.topic, row.key, row.seq, begun);
    if (topics.has(row.topic)) {
      matcher.row(row, lsn);
      return;
    }
    counts.elsewhere += 1;
    nowhere.set(row.place, Math.min(row.tx, nowhere.get(row.place) ?? Infinity));
    if (toldElsewhere.has(row.topic)) return;
    toldElsewhere.add(row.topic);
    log.error({ row }, 'an event leads to a topic that does not exist: its connector may stand still');
  }

  /** What is new on the log, as far as there is room; at its end when it resolves to true. */
  async function readLog(): Promise<boolean> {
    const room = matcher.recordRoom();
    return room > 0 && (await eventLog.readOn(addRecord, Math.min(recordsAtOnce, room)));
  }

  function addRecord(message: RawMessage): void {
    const { id, occurredUs } = message.headers;
    counts.records += 1;
    const { topic, partition } = message;
    // Who wrote it did not come by an outbox.
    if (id === undefined) counts.strangers += 1;
    else
      matcher.record({
        id,
        topic,
        partition,
        offset: Number(message.offset),
        occurredMs: Number(occurredUs ?? 0) / 1_000,
      });
  }

  /** Records that no row asks for (any more). */
  async function explain(all: Side[]): Promise<void> {
    const rest = matcher
      .unexplained(new Map(all.map(side => [side.place.name, readBelow(side)])))
      // Those were counted before this process lived.
      .filter(({ record: { topic, partition, offset } }) => offset >= (alreadyRead[topic]?.[partition] ?? 0));
    const asked = rest.filter(({ knownRepeat }) => !knownRepeat).map(({ record }) => record);
    const found = new Set<string>();
    if (asked.length > 0)
      for (const { place, schemas } of all) for (const id of await known(place, schemas, asked)) found.add(id);
    const strangers = asked.filter(({ id }) => !found.has(id));
    counts.strangers += strangers.length;
    counts.duplicates += rest.length - strangers.length;
    if (strangers.length === 0 || performance.now() - strangersTold < tellAgainMs) return;
    strangersTold = performance.now();
    log.warn({ count: counts.strangers, last: strangers.at(-1) }, 'records that no outbox knows');
  }

  /** The rows whose commit the connector has left behind, and whose record is not on the log. */
  async function mend(all: Side[]): Promise<void> {
    const behind = new Set<Pending>();
    for (const { place } of all) {
      const lsn = await confirmed(place.sql, slots);
      if (lsn === undefined) continue;
      for (const one of matcher.pending()) if (one.row.place === place.name && one.lsn <= lsn) behind.add(one);
    }
    if (behind.size === 0) return;
    const ends = await eventLog.ends();
    for (let tries = 0; !eventLog.has(ends); tries += 1) {
      // Without room, rows have to be read first: what is missing can only be told at the end of the log.
      if (tries > mostTries || matcher.recordRoom() <= 0) return;
      await readLog();
    }
    const missing = matcher.pending().filter(one => behind.has(one));
    for (const { place } of all)
      await publishMissing(
        place,
        missing.filter(({ row }) => row.place === place.name),
      );
  }

  async function publishMissing(place: Place, missing: readonly Pending[]): Promise<void> {
    const first = missing.filter(({ republished }) => republished === 0);
    counts.missing += first.length;
    if (first.length > 0)
      log.error(
        { place: place.name, count: first.length, first: first[0]?.row },
        'events are missing on the log: published again',
      );
    const ordered = missing.toSorted((a, b) => a.row.tx - b.row.tx || a.row.seq - b.row.seq);
    for (let at = 0; at < ordered.length; at += againAtOnce) {
      const part = ordered.slice(at, at + againAtOnce);
      const lsn = await publishAgain(
        place,
        part.map(({ row }) => row),
      );
      for (const one of part) {
        one.lsn = lsn;
        one.republished += 1;
      }
      counts.republished += part.length;
    }
  }

  function tellGaps(side: Side): void {
    const open = side.gaps.settle(readBelow(side));
    counts.gaps += open.length;
    if (open.length > 0)
      log.error({ place: side.place.name, count: open.length, first: open[0] }, 'numbers are missing in an outbox');
  }

  function tellLate(nowMs: number): void {
    let late = 0;
    for (const one of matcher.pending()) {
      if (nowMs - one.row.occurredMs < lateAfterMs) continue;
      late += 1;
      if (!one.late) counts.late += 1;
      one.late = true;
    }
    if (late > 0 && lateNow === 0) log.warn({ late, lateAfterMs }, 'events are late: not on the log yet');
    if (late === 0 && lateNow > 0) log.info('no event is late any more');
    lateNow = late;
  }

  /** Rows from this transaction on are not all known to be on the log. */
  const provenBelow = (side: Side): number => {
    const { name } = side.place;
    return Math.min(readBelow(side), matcher.lowest(name) ?? Infinity, nowhere.get(name) ?? Infinity);
  };

  async function save(all: Side[]): Promise<void> {
    const [readTo, last] = [eventLog.positions(), eventLog.lastRecords()];
    for (const side of all) {
      const { begun, offsets } = side.history.before(provenBelow(side));
      await savePosition(side.place.sql, { tx: begun, readFrom: offsets, readTo, last });
    }
    lastSave = performance.now();
  }

  async function round(): Promise<void> {
    const all = sides ?? (await begin());
    const begun = new Map<string, number>();
    for (const side of all) begun.set(side.place.name, await readPlace(side));
    // The records of the rounds before had come before this was asked.
    matcher.endRound(begun);
    await readLog();
    await explain(all);
    all.forEach(tellGaps);
    await mend(all);
    tellLate(Date.now());
    if (performance.now() - lastSave > saveEveryMs) await save(all);
  }

  const repeats = (): number => sum(sides?.map(({ gaps }) => gaps.repeats()) ?? []);

  /** What was proven may be gone: everything that is still in the outboxes is proven anew, and what is not there is published again. */
  async function startOver({ topics: cut }: LogCut): Promise<void> {
    log.error({ topics: cut }, 'the log was cut or made anew: whatever the outboxes still have is proven once more');
    for (const { sql } of places) await forgetPosition(sql);
    counts.cuts += 1;
    counts.repeats += repeats();
    sides = undefined;
    matcher.clear();
    nowhere.clear();
  }

  return {
    /** Rejects when it could not be ended; the next one goes on where it was. */
    async round(): Promise<void> {
      try {
        await round();
      } catch (error) {
        if (error instanceof LogCut) await startOver(error);
        throw error;
      }
    },
    /** Keeps where it is, for whoever goes on. */
    save: async () => {
      if (sides !== undefined) await save(sides);
    },
    /** Everything that transactions below wrote into the outboxes of this place is on the log. */
    provenBelow(place: Place): number {
      const side = sides?.find(one => one.place === place);
      return side === undefined ? 0 : provenBelow(side);
    },
    counts: () => ({ ...counts, ...matcher.counts, repeats: counts.repeats + repeats() }),
    lateNow: () => lateNow,
    sizes: matcher.sizes,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

export type Reconciler = ReturnType<typeof createReconciler>;
