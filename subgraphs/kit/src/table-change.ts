import type { RawMessage } from './kafka-delivery.ts';

/** What happened to one row of a captured table. */
export type TableChange =
  | {
      readonly kind: 'row';
      readonly key: Readonly<Record<string, unknown>>;
      readonly row: Readonly<Record<string, unknown>>;
      /** The row was read by a snapshot, not seen changing. */
      readonly snapshot: boolean;
    }
  | { readonly kind: 'deleted'; readonly key: Readonly<Record<string, unknown>> };

/**
 * Reads one record of a `db.command.<schema>.<table>` topic (a Debezium envelope as plain JSON). Undefined for records that say
 * nothing new: the tombstone behind a delete, and messages of other kinds. Throws, saying what is wrong, when it is no envelope.
 */
export function parseTableChange({ key, value }: Pick<RawMessage, 'key' | 'value'>): TableChange | undefined {
  if (value === null) return undefined;
  const envelope = object(json(value, 'value'), 'value');
  const { op } = envelope;
  if (op === 'm' || op === 't') return undefined;
  const id = object(json(key ?? 'null', 'key'), 'key');
  if (op === 'd') return { kind: 'deleted', key: id };
  if (op !== 'c' && op !== 'u' && op !== 'r') throw new Error(`op: expected c, u, r or d, got ${JSON.stringify(op)}`);
  return { kind: 'row', key: id, row: object(envelope['after'], 'after'), snapshot: op === 'r' };
}

function json(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${what}: expected JSON`);
  }
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what}: expected an object`);
  return value as Record<string, unknown>;
}
