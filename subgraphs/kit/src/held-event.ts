import { createHash } from 'node:crypto';
import type { RawMessage } from './kafka-delivery.ts';

/** A record as it waits in `parked` or `dead_letters`. */
export type HeldEvent = {
  readonly eventId: string;
  /** What its order counts by. */
  readonly key: string;
  readonly message: RawMessage;
  readonly handler: string;
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isUuid = (text: string | undefined): text is string => text !== undefined && uuid.test(text);

/** PostgreSQL's text cannot hold this one character; in a JSON text it is no character of its own either. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd');

/** The header `id`; where there is none to be used, an id made of place and content: the same record gets the same one. */
function eventIdOf({ topic, partition, offset, key, value, headers }: RawMessage): string {
  if (isUuid(headers['id'])) return headers['id'].toLowerCase();
  const hash = createHash('sha256').update(JSON.stringify([topic, partition, offset, key, value, headers]));
  const hex = hash.digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

export function heldEvent(message: RawMessage): HeldEvent {
  const eventId = eventIdOf(message);
  const { topic, headers, value, key } = message;
  return {
    eventId,
    // Without a key nothing waits behind it.
    key: storable(key ?? `none ${eventId}`),
    handler: storable(`${topic}/${headers['eventType'] ?? '?'}`),
    message: {
      ...message,
      value: value === null ? null : storable(value),
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [storable(name), storable(text)])),
    },
  };
}

/** The columns that `parked` and `dead_letters` share: what the record was, and who handles it. */
export const heldColumns = 'key, event_id, topic, partition, record_offset, headers, value, timestamp_ms, handler';

/** A row of either, by those columns, its place in its key's order, and how often it was tried. */
export type HeldRow = {
  readonly position: string;
  readonly key: string;
  readonly event_id: string;
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string | null;
  readonly timestamp_ms: string;
  readonly handler: string;
  readonly attempts: number;
};

export const messageOf = (row: HeldRow): RawMessage => ({
  ...{ topic: row.topic, partition: row.partition, offset: row.record_offset, key: row.key },
  ...{ value: row.value, headers: row.headers, timestampMs: Number(row.timestamp_ms) },
});
