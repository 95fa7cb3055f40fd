import type { EventDefinition } from '@waygraph/schema/events/define';
import type { z } from 'zod';
import {
  compose,
  dedupe,
  logged,
  parse,
  reader,
  retry,
  timeout,
  traced,
  type Delivery,
  type Handler,
} from './consumer.ts';
import { isTransient, withTransaction, type Pool, type Sql } from './database.ts';
import { firstTime, firstTimes } from './inbox.ts';
import { createConsumer, type ConsumerOptions, type KafkaConsumer } from './kafka.ts';
import { BadMessage, type RawMessage } from './kafka-delivery.ts';

type Parsed<Data> = { readonly type: string; readonly data: Data };
type Wiring = { pool: Pool; group: string; alongside: EffectOfMany };

/** Runs in the transaction that remembers the events; they are in the order of their partition. */
export type EffectOfMany<Data = unknown> = (deliveries: readonly Delivery<Parsed<Data>>[], sql: Sql) => Promise<void>;

/** What a group does with one type of event; made by `on`, `onMany` or `onWithCalls`. */
export type EventHandler = {
  readonly definition: EventDefinition;
  readonly wire: (wiring: Wiring) => Handler<Parsed<unknown>>;
  /** Events of handlers with the very same one may share a transaction. */
  readonly together?: EffectOfMany;
};

/** `effect` runs in the transaction that also remembers the event's id: a repeat does nothing. */
export function on<Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
  effect: (data: z.infer<Schema>, sql: Sql, delivery: Delivery<Parsed<z.infer<Schema>>>) => Promise<unknown>,
): EventHandler {
  return onWithCalls(definition, (data, finish, delivery) => finish(sql => effect(data, sql, delivery)));
}

/**
 * For types of which many may come at once: what comes in a row, of this type or another with the same `effect`, shares one
 * transaction. A repeat is left out.
 */
export function onMany<Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
  effect: EffectOfMany<z.infer<Schema>>,
): EventHandler {
  const together = effect as EffectOfMany;
  return { ...on(definition, (_, sql, delivery) => together([delivery], sql)), together };
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
              await alongside([given], sql);
            },
          })(given);
        await effect(delivery.event.data, finish, delivery);
      },
  };
}

/** So many events share a transaction at most. */
const mostTogether = 200;

/**
 * A consumer group of one service: each event goes to the handler of its type, in order per key; other types pass by. `alongside`
 * runs in each handler's transaction, behind its effect. `tables` are topics that carry rows instead of events.
 */
export function createEventConsumer(
  options: Omit<ConsumerOptions, 'groupId' | 'topics' | 'fromBeginning' | 'eachBatch' | 'eachMessage' | 'cut'> & {
    readonly group: string;
    readonly pool: Pool;
    readonly handlers: readonly EventHandler[];
    readonly alongside?: EffectOfMany;
    readonly tables?: Readonly<Record<string, (message: RawMessage) => Promise<void>>>;
  },
): KafkaConsumer {
  const { group, pool, handlers, log, alongside = () => Promise.resolve(), tables = {} } = options;
  const wiring = { pool, group, alongside };
  const oneByOne = new Map<string, (message: RawMessage) => Promise<void>>(Object.entries(tables));
  const handlerOf = new Map<string, EventHandler>();
  for (const topic of new Set(handlers.map(({ definition }) => definition.topic))) {
    const own = handlers.filter(({ definition }) => definition.topic === topic);
    for (const handler of own) handlerOf.set(`${topic} ${handler.definition.type}`, handler);
    const byType = new Map(own.map(handler => [handler.definition.type, handler.wire(wiring)]));
    const handle: Handler<Parsed<unknown>> = delivery =>
      byType.get(delivery.event.type)?.(delivery) ?? Promise.resolve();
    const wrap = compose(traced, logged(log, topic), retry(), timeout(30_000));
    oneByOne.set(
      topic,
      parse(
        own.map(({ definition }) => definition),
        wrap(handle),
      ),
    );
  }
  const togetherOf = ({ topic, headers }: RawMessage): EffectOfMany | undefined =>
    handlerOf.get(`${topic} ${headers['eventType'] ?? ''}`)?.together;
  const takeTogether = createBulk(wiring, handlers);
  return createConsumer({
    ...options,
    groupId: group,
    topics: [...oneByOne.keys()],
    fromBeginning: true,
    cut: messages => runsOf(messages, togetherOf, mostTogether),
    eachBatch: async messages => {
      const [first] = messages;
      if (first === undefined) return;
      const effect = togetherOf(first);
      await (effect === undefined ? oneByOne.get(first.topic)?.(first) : takeTogether(messages, effect));
    },
  });
}

/** Takes events in one transaction. Rejects with a BadMessage that names the one at fault; those before it are done then. */
function createBulk(
  { pool, group, alongside }: Wiring,
  handlers: readonly EventHandler[],
): (messages: readonly RawMessage[], effect: EffectOfMany) => Promise<void> {
  const read = reader<Parsed<unknown>>(
    handlers.filter(({ together }) => together !== undefined).map(({ definition }) => definition),
  );
  const take = (deliveries: readonly Delivery<Parsed<unknown>>[], effect: EffectOfMany): Promise<void> =>
    withTransaction(pool, async sql => {
      const ids = deliveries.map(({ id }) => id);
      const fresh = await firstTimes(sql, group, ids);
      const first = deliveries.filter(({ id }, index) => fresh.has(id) && ids.indexOf(id) === index);
      if (first.length === 0) return;
      await effect(first, sql);
      await alongside(first, sql);
    });
  return async (messages, effect) => {
    const good: { message: RawMessage; delivery: Delivery<Parsed<unknown>> }[] = [];
    let bad: BadMessage | undefined;
    for (const message of messages) {
      try {
        const delivery = read(message);
        if (delivery !== undefined) good.push({ message, delivery });
      } catch (error) {
        bad = new BadMessage(message, error);
        break;
      }
    }
    try {
      if (good.length > 0)
        await take(
          good.map(({ delivery }) => delivery),
          effect,
        );
    } catch (error) {
      if (isTransient(error)) throw error;
      // One of many is refused: one by one as far as it goes.
      for (const { message, delivery } of good)
        await take([delivery], effect).catch((cause: unknown) => {
          throw isTransient(cause) ? cause : new BadMessage(message, cause);
        });
    }
    if (bad !== undefined) throw bad;
  };
}

/** Messages cut into runs of those that go together, at most `longest` each, and all others alone; in their order. */
export function runsOf<Message>(
  messages: readonly Message[],
  togetherOf: (message: Message) => unknown,
  longest: number,
): Message[][] {
  const runs: { together: unknown; messages: Message[] }[] = [];
  for (const message of messages) {
    const together = togetherOf(message);
    const run = runs.at(-1);
    if (together !== undefined && run?.together === together && run.messages.length < longest)
      run.messages.push(message);
    else runs.push({ together, messages: [message] });
  }
  return runs.map(run => run.messages);
}
