import net from 'node:net';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { isTransient } from './database.ts';
import { kafkaClient, retry } from './kafka-client.ts';
import {
  BadMessage,
  createFaults,
  deliver,
  placeOf,
  rawMessage,
  type Fault,
  type RawMessage,
} from './kafka-delivery.ts';
import type { Log } from './log.ts';

export type ConsumerOptions = {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where a group that never committed starts. */
  readonly fromBeginning: boolean;
  readonly log: Log;
  /**
   * The consumer cannot go on by itself (an unknown error, or no fetch has succeeded for long although a broker answers). End the
   * process: the supervisor starts it again and the committed offsets tell where.
   */
  readonly onCrash: (error: Error) => void;
  /** How many partitions are worked on at once. Default 1. */
  readonly concurrency?: number;
  /** Done offsets are committed at most this often, in ms; a kill repeats what was done since. Default 1 s. */
  readonly commitEveryMs?: number;
} & (
  | {
      /** What came of one partition; a `BadMessage` says which one is at fault. */
      readonly eachBatch: (messages: readonly RawMessage[]) => Promise<void>;
      /** Cuts what came into the parts that are worked on one after the other. Default: everything at once. */
      readonly cut?: (messages: readonly RawMessage[]) => readonly (readonly RawMessage[])[];
    }
  | { readonly eachMessage: (message: RawMessage) => Promise<void> }
);

export type KafkaConsumer = {
  /** Resolves when it has joined its group for the first time, which it tries for as long as it takes. */
  start(): Promise<void>;
  /** Lets running work end, commits what is done, leaves the group. */
  stop(): Promise<void>;
  /** Throws, naming topic, partition and offset, when the consumer does not get on. */
  ready(): void;
};

/** The least a broker accepts: so long a group waits for a member that was killed. */
const sessionTimeoutMs = 6_000;
const heartbeatMs = 2_000;
const watchdogMs = 30_000;

/**
 * A member of a consumer group that delivers at least once, in order per partition, and commits only what is done. Passing faults of
 * the work are waited out in place; any other fault stops that one partition and shows in `ready`, while the others go on.
 */
export function createConsumer(options: ConsumerOptions): KafkaConsumer {
  const { groupId, log, topics, concurrency = 1, commitEveryMs = 1_000 } = options;
  const consumer: Consumer = kafkaClient(options.brokers, groupId, log).consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: 15_000,
    heartbeatInterval: heartbeatMs,
    // A fetch is answered as soon as one byte is there; the wait only bounds how long a stop or a new topic is not noticed.
    minBytes: 1,
    maxWaitTimeInMs: 250,
    maxBytesPerPartition: 512 * 1024,
    metadataMaxAge: 60_000,
    retry: { ...retry, restartOnFailure: () => Promise.resolve(true) },
  });
  const faults = createFaults(log);
  const done = new Map<string, { topic: string; partition: number; offset: string }>();
  const joined = Promise.withResolvers<void>();
  let member = false;
  let stopping = false;
  /** Grows with each rebalance: what was begun under an older one is no longer ours. */
  let membership = 0;
  /** Batches being worked on. */
  let working = 0;
  let lastFetch = performance.now();
  let commitTimer: NodeJS.Timeout | undefined;
  let watchdog: NodeJS.Timeout | undefined;

  async function commit(): Promise<void> {
    clearTimeout(commitTimer);
    commitTimer = undefined;
    const offsets = [...done.values()];
    done.clear();
    if (offsets.length === 0) return;
    // Refused after a rebalance, lost while the broker is away: either way the work is delivered again, which it must bear.
    await consumer.commitOffsets(offsets).catch((error: unknown) => {
      log.debug({ err: error }, 'offsets not committed');
    });
  }

  function finished(message: RawMessage, payload: EachBatchPayload): void {
    const { topic, partition, offset } = message;
    payload.resolveOffset(offset);
    done.set(placeOf(message), { topic, partition, offset: (BigInt(offset) + 1n).toString() });
    commitTimer ??= setTimeout(() => void commit(), commitEveryMs);
  }

  async function onBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const messages = batch.messages.map(message => rawMessage(batch.topic, batch.partition, message));
    const place = placeOf(batch);
    const generation = membership;
    const common = {
      isPassing: isTransient,
      isOurs: () => !stopping && payload.isRunning() && !payload.isStale() && generation === membership,
      beat: () => payload.heartbeat(),
      onFault: (fault: Fault) => {
        faults.set(fault);
      },
      pause: (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)),
    };
    const parts: ReadonlyArray<readonly RawMessage[]> =
      'eachBatch' in options ? (options.cut?.(messages) ?? [messages]) : messages.map(message => [message]);
    for (const part of parts) {
      const work =
        'eachBatch' in options
          ? options.eachBatch
          : ([message]: readonly RawMessage[]) => options.eachMessage(message as RawMessage);
      const outcome = await deliver({ ...common, messages: part, work });
      if (outcome === 'left') return;
      if (outcome instanceof BadMessage) {
        const before = part[part.indexOf(outcome.at) - 1];
        if (before !== undefined) finished(before, payload);
        payload.pause();
        return;
      }
      faults.clear(place);
      const last = part.at(-1);
      if (last !== undefined) finished(last, payload);
      await payload.heartbeat();
    }
  }

  consumer.on('consumer.group_join', ({ payload }) => {
    member = true;
    membership += 1;
    done.clear();
    // Stopped partitions are tried once more: the fault may be gone, and the memory of it belongs to the old assignment.
    faults.reset();
    consumer.resume(consumer.paused());
    lastFetch = performance.now();
    log.info({ groupId, partitions: payload.memberAssignment }, 'joined the group');
    joined.resolve();
  });
  consumer.on('consumer.fetch', () => {
    lastFetch = performance.now();
  });
  consumer.on('consumer.crash', ({ payload }) => {
    member = false;
    if (!payload.restart && !stopping) options.onCrash(payload.error);
  });

  async function watch(): Promise<void> {
    const silentMs = performance.now() - lastFetch;
    if (stopping || working > 0 || silentMs < watchdogMs || !(await anyAnswers(options.brokers))) return;
    options.onCrash(new Error(`no fetch for ${String(Math.round(silentMs))} ms although a broker answers`));
  }

  return {
    async start() {
      for (let attempt = 0; !stopping; attempt += 1) {
        try {
          await consumer.connect();
          await consumer.subscribe({ topics: [...topics], fromBeginning: options.fromBeginning });
          break;
        } catch (error) {
          // A topic may still be missing, or the broker on its way.
          log.warn({ err: error, groupId }, 'cannot subscribe yet');
          await new Promise(resolve => setTimeout(resolve, 500));
        }
      }
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch: async payload => {
          working += 1;
          // The library beats between messages only, and one may take longer than a session. A beat that fails is met again by the next.
          const beating = setInterval(() => void payload.heartbeat().catch(() => undefined), heartbeatMs / 2);
          try {
            await onBatch(payload);
          } finally {
            clearInterval(beating);
            working -= 1;
          }
        },
      });
      watchdog = setInterval(() => void watch(), 5_000).unref();
      await joined.promise;
    },
    async stop() {
      stopping = true;
      clearInterval(watchdog);
      joined.resolve();
      // Once the client stops it commits no more, so the work that is running ends first; what waits for a part is left.
      while (working > 0) await new Promise(resolve => setTimeout(resolve, 5));
      await commit();
      await consumer.stop();
      await consumer.disconnect();
    },
    ready() {
      if (!member) throw new Error(`not in group ${groupId}`);
      const silentMs = performance.now() - lastFetch;
      faults.check();
      if (silentMs > sessionTimeoutMs && working === 0)
        throw new Error(`no fetch for ${String(Math.round(silentMs))} ms`);
    },
  };
}

async function anyAnswers(brokers: readonly string[]): Promise<boolean> {
  const answers = brokers.map(async broker => {
    const [host = '127.0.0.1', port = '9092'] = broker.split(':');
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = net.connect({ host, port: Number(port), timeout: 1_000 });
    socket
      .once('connect', () => resolve(true))
      .once('timeout', () => resolve(false))
      .once('error', () => resolve(false));
    const answered = await promise;
    socket.destroy();
    return answered;
  });
  return (await Promise.all(answers)).includes(true);
}
