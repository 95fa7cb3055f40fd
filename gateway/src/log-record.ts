import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import type { Payload } from './frame.ts';

/** An event as the log carries it. */
export type LogRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  /** Its place among those of its key. */
  readonly seq: number;
  /** When it happened, RFC 3339 with three decimals. */
  readonly at: string;
  /** Its payload's size. */
  readonly bytes: number;
  /** Parsed at the first call: most records have no subscriber. An empty object when it is no JSON object. */
  readonly payload: () => Payload;
};

export function logRecord(message: RawMessage): LogRecord {
  const { topic, partition, headers, key, value, timestampMs } = message;
  const offset = Number(message.offset);
  const occurred = new Date(Math.floor(Number(headers['occurredUs']) / 1000));
  let parsed: Payload | undefined;
  return {
    ...{ topic, partition, offset, key: key ?? '' },
    id: headers['id'] ?? `${topic}/${String(partition)}/${String(offset)}`,
    type: headers['eventType'] ?? '',
    seq: Number(headers['seq'] ?? Number.NaN),
    at: (Number.isNaN(occurred.getTime()) ? new Date(timestampMs) : occurred).toISOString(),
    bytes: value?.length ?? 0,
    payload: () => (parsed ??= objectIn(value ?? '')),
  };
}

/** The object that a JSON text tells; an empty one when it tells none. */
export function objectIn(json: string): Payload {
  try {
    const value = JSON.parse(json) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : {};
  } catch {
    return {};
  }
}
