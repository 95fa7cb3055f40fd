import type { EventDefinition } from '@waygraph/schema/events/define';
import type { z } from 'zod';
import { compose, dedupe, logged, parse, retry, timeout, traced, type Delivery, type Handler } from './consumer.ts';
import { withTransaction, type Pool, type Sql } from './database.ts';
import { firstTime } from './inbox.ts';
import { createConsumer, type ConsumerOptions, type KafkaConsumer } from './kafka.ts';
import type { RawMessage } from './kafka-delivery.ts';

type Parsed<Data> = { readonly type: string; readonly data: Data };
type Wiring = {
  pool: Pool;
  group: string;
  alongside: (delivery: Delivery<Parsed<unknown>>, sql: Sql) => Promise<void>;
};

/** What a group does with one type of event; made by `on` or `onWithCalls`. */
export type EventHandler = {
  readonly definition: EventDefinition;
  readonly wire: (wiring: Wiring) => Handler<Parsed<unknown>>;
};

/** `effect` runs in the transaction that also remembers the event's id: a repeat does nothing. */
export function on<Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
  effect: (data: z.infer<Schema>, sql: Sql, delivery: Delivery<Parsed<z.infer<Schema>>>) => Promise<unknown>,
): EventHandler {
  return onWithCalls(definition, (data, finish, delivery) => finish(sql => effect(data, sql, delivery)));
}

/**
 * For an effect that calls the outside world, which no transaction can hold: `effect` may be run again after a kill, so its calls
 * carry a key of their own. It ends with `finish`, whose work is the transaction that remembers the event's id; when the
 * event was handled before, that work is not done.
 */
export function onWithCalls<Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
  effect: (
    data: z.infer<Schema>,
    finish: (work: (sql: Sql) => Promise<unknown>) => Promise<void>,
    delivery: Delivery<Parsed<z.infer<Schema>>>,
  ) => Promise<void>,
): EventHandler {
  return {
    definition: definition,
    wire:
      ({ pool, group, alongside }) =>
      async given => {
        const delivery = given as Delivery<Parsed<z.infer<Schema>>>;
        const finish = (work: (sql: Sql) => Promise<unknown>) =>
          dedupe<Parsed<unknown>, Sql>({
            transact: inside => withTransaction(pool, inside),
            firstTime: (sql, id) => firstTime(sql, group, id),
            effect: async (_, sql) => {
              await work(sql);
              await alongside(given, sql);
            },
          })(given);
        await effect(delivery.event.data, finish, delivery);
      },
  };
}

/**
 * A consumer group of one service: each event goes to the handler of its type, in order per key; other types pass by. `alongside`
 * runs in each handler's transaction, behind its effect. `tables` are topics that carry rows instead of events.
 */
export function createEventConsumer(
  options: Omit<ConsumerOptions, 'groupId' | 'topics' | 'fromBeginning' | 'eachBatch' | 'eachMessage'> & {
    readonly group: string;
    readonly pool: Pool;
    readonly handlers: readonly EventHandler[];
    readonly alongside?: Wiring['alongside'];
    readonly tables?: Readonly<Record<string, (message: RawMessage) => Promise<void>>>;
  },
): KafkaConsumer {
  const { group, pool, handlers, log, alongside = () => Promise.resolve(), tables = {} } = options;
  const byTopic = new Map<string, (message: RawMessage) => Promise<void>>(Object.entries(tables));
  for (const topic of new Set(handlers.map(({ definition }) => definition.topic))) {
    const own = handlers.filter(({ definition }) => definition.topic === topic);
    const byType = new Map(own.map(handler => [handler.definition.type, handler.wire({ pool, group, alongside })]));
    const handle: Handler<Parsed<unknown>> = delivery =>
      byType.get(delivery.event.type)?.(delivery) ?? Promise.resolve();
    const wrap = compose(traced, logged(log, topic), retry(), timeout(30_000));
    byTopic.set(
      topic,
      parse(
        own.map(({ definition }) => definition),
        wrap(handle),
      ),
    );
  }
  return createConsumer({
    ...options,
    groupId: group,
    topics: [...byTopic.keys()],
    fromBeginning: true,
    eachMessage: message => byTopic.get(message.topic)?.(message) ?? Promise.resolve(),
  });
}
