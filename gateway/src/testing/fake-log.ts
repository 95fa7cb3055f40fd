import type { EventLog, Position } from '../log-reader.ts';
import type { LogRecord } from '../log-record.ts';

export const record = (partition: number, offset: number, more: Partial<LogRecord> = {}): LogRecord => ({
  ...{ topic: 't', partition, offset, key: `key-${String(partition)}`, id: `${String(partition)}/${String(offset)}` },
  ...{ type: 'Tested', seq: offset + 1, at: '2026-11-21T09:30:00.000Z', bytes: 100, payload: () => ({}) },
  ...more,
});

/**
 * A log in memory, with a live reader that lags as far behind as the test lets it. `between` runs before each answer of `read`:
 * a test can publish and deliver there.
 */
export function createFakeLog(partitions: number, between: () => void = () => undefined) {
  const log: LogRecord[][] = Array.from({ length: partitions }, () => []);
  const position = log.map(() => 0);
  let listener: ((record: LogRecord, after: Position) => void) | undefined;

  async function* read(_topic: string, { from, to }: { from: Position; to: Position }): AsyncGenerator<LogRecord[]> {
    for (const [partition, records] of log.entries()) {
      await Promise.resolve();
      between();
      const wanted = records.slice(from[partition], to[partition]);
      if (wanted.length > 0) yield wanted;
    }
  }
  return {
    log,
    publish(partition: number, more: Partial<LogRecord> = {}): void {
      const records = log[partition] ?? [];
      records.push(record(partition, records.length, more));
    },
    /** The live reader delivers the next record of a partition, if there is one. */
    deliver(partition: number): void {
      const next = log[partition]?.[position[partition] ?? 0];
      if (next === undefined) return;
      position[partition] = next.offset + 1;
      listener?.(next, [...position]);
    },
    listen(to: (record: LogRecord, after: Position) => void): Position {
      listener = to;
      return [...position];
    },
    position: () => [...position],
    read,
    bounds: () => Promise.resolve({ start: log.map(() => 0), end: log.map(records => records.length) }),
    offsetsAt: () => Promise.resolve(log.map(() => 0)),
  } satisfies Partial<EventLog> & Record<string, unknown>;
}
