import type { EventLog, Offsets } from './event-log.ts';
import type { LastRecords } from './log-cut.ts';
import { createHistory, type History } from './history.ts';
import type { OutboxRow } from './matcher.ts';
import { loadPosition, oldestRowMs, outboxSchemas, type Place } from './place.ts';
import { createSeqGaps, type SeqGaps } from './seq-gaps.ts';

/** `tx`: everything that transactions below wrote has been read. */
export type Source = { readonly schema: string; readonly table: OutboxRow['table']; tx: number };
export type Side = {
  readonly place: Place;
  readonly schemas: readonly string[];
  readonly sources: Source[];
  readonly history: History;
  readonly gaps: SeqGaps;
};

/** Opens the log where the positions of the places tell; what lies below `alreadyRead` was counted by an earlier life. Rejects with `LogCut`. */
export async function beginProof(
  places: readonly Place[],
  eventLog: EventLog,
): Promise<{ sides: Side[]; alreadyRead: Offsets }> {
  await eventLog.open();
  const ends = await eventLog.ends();
  const found = await Promise.all(
    places.map(async place => {
      const [schemas, position] = [await outboxSchemas(place.sql), await loadPosition(place.sql)];
      if (position !== undefined) return { place, schemas, ...position };
      // The first time: from the oldest row that is kept. A minute for the time between writing and publishing on two clocks.
      const oldest = await oldestRowMs(place, schemas);
      const readFrom = oldest === undefined ? ends : await eventLog.offsetsAt(oldest - 60_000);
      return { place, schemas, tx: 0, readFrom, readTo: readFrom, last: {} };
    }),
  );
  const pick = (choose: (...offsets: number[]) => number, which: 'readFrom' | 'readTo'): Offsets =>
    Object.fromEntries(
      Object.entries(ends).map(([topic, list]) => [
        topic,
        list.map((_, partition) => choose(...found.map(one => one[which][topic]?.[partition] ?? 0))),
      ]),
    );
  const from = pick(Math.min, 'readFrom');
  await eventLog.startAt(
    from,
    newest(
      Object.keys(ends),
      found.map(({ last }) => last),
    ),
  );
  const sides = found.map(({ place, schemas, tx }) => ({
    ...{ place, schemas, history: createHistory({ begun: tx, offsets: from }), gaps: createSeqGaps() },
    sources: schemas.flatMap(schema => (['outbox', 'outbox_again'] as const).map(table => ({ schema, table, tx }))),
  }));
  return { sides, alreadyRead: pick(Math.max, 'readTo') };
}

/** Of each partition the one that is furthest on. */
const newest = (topics: readonly string[], all: readonly LastRecords[]): LastRecords =>
  Object.fromEntries(
    topics.map(topic => {
      const partitions = Math.max(0, ...all.map(last => last[topic]?.length ?? 0));
      const of = (partition: number) =>
        all
          .map(last => last[topic]?.[partition] ?? null)
          .reduce((one, other) => ((other?.offset ?? -1) > (one?.offset ?? -1) ? other : one), null);
      return [topic, Array.from({ length: partitions }, (_, partition) => of(partition))];
    }),
  );
