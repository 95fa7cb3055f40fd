import type { z } from 'zod';
import type { EventTopic } from '../topics.ts';

/** What `kit/outbox` writes; `id` (UUIDv7) and `occurredUs` are given there, inside the transaction. */
export type OutboxEvent = {
  readonly topic: string;
  readonly key: string;
  readonly type: string;
  readonly v: number;
  /** Gap-free per topic and key: the aggregate's version, taken under its row lock. */
  readonly seq: number;
  readonly payload: unknown;
};

export type EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> = {
  readonly type: Type;
  readonly v: number;
  readonly topic: EventTopic;
  readonly data: Schema;
  key(data: z.infer<Schema>): string;
  outboxEvent(data: z.input<Schema>, at: { seq: number }): OutboxEvent;
  parse(payload: unknown): { type: Type; data: z.infer<Schema> };
};

/**
 * The one definition behind an event's type, its parser and its outbox row.
 * Fields are only ever added (`npm run check` refuses anything else); a breaking change is a new type.
 * `outboxEvent` and `parse` throw a ZodError that names the field when the data do not fit.
 */
export function defineEvent<Type extends string, Schema extends z.ZodType>(event: {
  type: Type;
  v?: number;
  topic: EventTopic;
  key: (data: z.infer<Schema>) => string;
  data: Schema;
}): EventDefinition<Type, Schema> {
  const v = event.v ?? 1;
  return {
    ...event,
    v,
    outboxEvent: (data, { seq }) => {
      const payload = event.data.parse(data);
      return { topic: event.topic, key: event.key(payload), type: event.type, v, seq, payload };
    },
    parse: payload => ({ type: event.type, data: event.data.parse(payload) }),
  };
}

/** The union that a consumer of several event types switches over. */
export type EventOf<Definitions extends readonly EventDefinition[]> = Definitions[number] extends infer Definition
  ? Definition extends EventDefinition<infer Type, infer Schema>
    ? { type: Type; data: z.infer<Schema> }
    : never
  : never;
