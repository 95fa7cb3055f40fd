import { randomBytes } from 'node:crypto';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import type { Sql } from './database.ts';
import { traceparent } from './trace.ts';

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

/**
 * Writes events into the outbox of the transaction's own schema, in order, by one statement. They reach Kafka if and only if the
 * transaction commits, and carry the trace they were written in. Gives their ids (UUIDv7 where none was given).
 */
export async function publish(sql: Sql, rows: readonly OutboxRow[]): Promise<string[]> {
  if (rows.length === 0) return [];
  const full = rows.map(row => ({
    ...row,
    id: row.id ?? uuidv7(),
    traceparent: row.traceparent ?? traceparent() ?? null,
  }));
  // One parameter for any number of rows: one statement text, and no limit of 65,535 parameters.
  await sql(
    `insert into outbox (id, topic, key, type, v, seq, payload, traceparent)
     select id, topic, key, type, v, seq, payload, traceparent
     from jsonb_to_recordset($1::jsonb)
       as row(id uuid, topic text, key text, type text, v int, seq bigint, payload jsonb, traceparent text)`,
    [JSON.stringify(full)],
  );
  return full.map(({ id }) => id);
}
