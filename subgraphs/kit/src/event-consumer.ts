import type { Pool } from './database.ts';
import type { EventHandler } from './event-handler.ts';
import { createReader } from './handle-alone.ts';
import { createHandleEvents } from './handle-events.ts';
import { allPartitions, longestStandstillMs, type ConsumerOptions, type KafkaConsumer } from './consumer-port.ts';
import { createConsumer } from './kafka.ts';
import type { RawMessage } from './kafka-delivery.ts';
import { retryPlan, type RetryPlan } from './retry-delay.ts';
import { createRetryWorker } from './retry-worker.ts';
import { toldTopic } from './set-aside.ts';
import { createSlots } from './slots.ts';

export { on, onMany, onWithCalls, type EventHandler, type Transact, type Wiring } from './event-handler.ts';

/** So many records of a partition are worked on between two looks at the group. */
const mostAtOnce = 500;

/** Connections of two shared transactions, and of two parked events that are due. */
const lentBesides = 4;

/**
 * A consumer group of one service: each event goes to the handler of its type, in order per key; other types pass by. What comes at
 * the same time, of whatever partition, shares transactions. An event that cannot be handled now is parked and tried again by this
 * process or another of the group; one that never can be is a dead letter. Later ones of its key wait behind it; those of other keys
 * only until it is put aside, with the part that it came in. `tables` are topics that carry rows instead of events: a row that cannot be
 * applied stops its partition, since nothing tells which later ones do not build on it.
 */
export function createEventConsumer(
  options: Omit<
    ConsumerOptions,
    'groupId' | 'topics' | 'fromBeginning' | 'concurrency' | 'eachBatch' | 'eachMessage' | 'cut'
  > & {
    readonly group: string;
    readonly pool: Pool;
    /**
     * How many events that share no transaction, and rows, are worked on at once. Default: what the pool has besides the connections of
     * two shared transactions and two parked events, but one at least: where it has four or fewer, up to five wait for each other's.
     */
    readonly concurrency?: number;
    readonly handlers: readonly EventHandler[];
    readonly tables?: Readonly<Record<string, (message: RawMessage) => Promise<void>>>;
    /** Default: half a second, doubling to half a minute, for some twenty minutes. */
    readonly retries?: RetryPlan;
    /** Topic that is told of dead letters. Default: `<group>.dead`, where that is one of ours. */
    readonly deadTopic?: string;
    /** Default: Kafka's. */
    readonly consumerOf?: (options: ConsumerOptions) => KafkaConsumer;
  },
): KafkaConsumer {
  const { group, pool, handlers, log, tables = {} } = options;
  const { retries: plan = retryPlan, consumerOf = createConsumer } = options;
  const common = {
    ...{ pool, group, log, plan, standstillMs: options.longestStandstillMs ?? longestStandstillMs },
    read: createReader(handlers),
    tellTo: options.deadTopic ?? toldTopic(group),
  };
  const worker = createRetryWorker(common);
  const onAside = () => {
    worker.wake();
  };
  const slot = createSlots(options.concurrency ?? Math.max(1, pool.options.max - lentBesides));
  const handle = createHandleEvents({ ...common, mayWait: () => worker.mayWait(), onAside, slot });
  const consumer = consumerOf({
    ...options,
    groupId: group,
    topics: [...new Set([...Object.keys(tables), ...handlers.map(({ definition }) => definition.topic)])],
    fromBeginning: true,
    // All that was fetched is worked on at the same time, so that it can share transactions.
    concurrency: allPartitions,
    cut: messages => runsOf(messages, ({ topic }) => (topic in tables ? undefined : 'events'), mostAtOnce),
    eachBatch: async (messages, turn) => {
      const [first] = messages;
      const table = first && tables[first.topic];
      await (table === undefined ? handle(messages, turn) : slot(() => table(first as RawMessage)));
    },
    // What another process put aside for partitions that are ours now is not known here yet.
    onJoin: onAside,
  });
  return {
    async start() {
      worker.start();
      await consumer.start();
    },
    async stop() {
      // Side by side: the group hears of the stop at once, whatever the worker is at.
      await Promise.all([worker.stop(), consumer.stop()]);
    },
    ready: () => {
      consumer.ready();
      worker.ready();
    },
    lagMs: () => consumer.lagMs(),
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
