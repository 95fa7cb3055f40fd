import { randomBytes } from 'node:crypto';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import type { Sql } from './database.ts';
import { WaygraphError } from './errors.ts';
import { traceparent, withTrace } from './trace.ts';

/** When an id of `uuidv7` was made, in ms since 1970; undefined for other ids. */
export const madeAtMs = (id: string): number | undefined =>
  /^[\da-f]{8}-[\da-f]{4}-7/.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;

/** The log may be faster than the table: a commit is streamed before others see its rows, and a busy machine can take long over it. */
const longestInvisibleMs = 60_000;

/** Whether the row of this id, which a log has told of, may be there without being visible yet. */
export function mayBeInvisible(id: string): boolean {
  const made = madeAtMs(id);
  return made !== undefined && Math.abs(Date.now() - made) < longestInvisibleMs;
}

/**
 * To be called when the row that an event is about is not there. Throws a passing fault when the id is so young that the row may
 * only not be visible yet; otherwise it was never there.
 */
export function assertNeverThere(id: string): void {
  if (mayBeInvisible(id)) throw new WaygraphError('UNAVAILABLE', `${id} is not there yet`);
}

export type OutboxRow = OutboxEvent & { readonly id?: string; readonly traceparent?: string | undefined };

/** A time-ordered id (RFC 9562), so that an index over it grows at one end. `now` in ms since 1970. */
export function uuidv7(now = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Events that follow from one of several that are worked on together: they go on with its trace and no other's. */
export const followingFrom = (
  cause: { traceparent?: string | undefined },
  events: readonly OutboxEvent[],
): OutboxRow[] =>
  cause.traceparent === undefined
    ? [...events]
    : withTrace(cause.traceparent, () => events.map(event => ({ ...event, traceparent: traceparent() })));

/** Rows as `insertRows` takes them: with ids (UUIDv7 where none was given) and the trace they are written in. */
export const fullRows = <Row extends OutboxRow>(rows: readonly Row[]) =>
  rows.map(row => ({ ...row, id: row.id ?? uuidv7(), traceparent: row.traceparent ?? traceparent() ?? null }));

/**
 * Writes the rows that its first parameter holds as JSON: one statement text for any number of them. It ends in its FROM, so that a
 * condition can be put behind it.
 */
export const insertRows = `insert into outbox (id, topic, key, type, v, seq, payload, traceparent)
  select id, topic, key, type, v, seq, payload, traceparent
  from jsonb_to_recordset($1::jsonb)
    as row(id uuid, topic text, key text, type text, v int, seq bigint, payload jsonb, traceparent text)`;

/**
 * Writes events into the outbox of the transaction's own schema, in order, by one statement. They reach Kafka if and only if the
 * transaction commits, and carry the trace they were written in. Gives their ids (UUIDv7 where none was given).
 */
export async function publish(sql: Sql, rows: readonly OutboxRow[]): Promise<string[]> {
  if (rows.length === 0) return [];
  const full = fullRows(rows);
  await sql(insertRows, [JSON.stringify(full)]);
  return full.map(({ id }) => id);
}
