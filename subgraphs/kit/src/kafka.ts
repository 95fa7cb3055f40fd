import net from 'node:net';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { ConsumerOptions, KafkaConsumer } from './consumer-port.ts';
import { createAdmin } from './kafka-admin.ts';
import { kafkaClient, retry } from './kafka-client.ts';
import { createFaults, placeOf, rawMessage, type RawMessage } from './kafka-delivery.ts';
import { createPartitionWork } from './partition-work.ts';
import { createStandstill } from './standstill.ts';

export type { ConsumerOptions, KafkaConsumer } from './consumer-port.ts';

/** The least a broker accepts: so long a group waits for a member that was killed. */
const sessionTimeoutMs = 6_000;
const heartbeatMs = 2_000;
const watchdogMs = 30_000;

/**
 * A member of a consumer group that delivers at least once, in order per partition, and commits only what is done. Passing faults of
 * the work are waited out in place; any other fault stops that one partition and shows in `ready`, while the others go on.
 */
export function createConsumer(options: ConsumerOptions): KafkaConsumer {
  const {
    groupId,
    log,
    topics,
    brokers,
    concurrency = 1,
    commitEveryMs = 1_000,
    longestStandstillMs = 60_000,
  } = options;
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
  const work = createPartitionWork(options, faults);
  const standstill = createStandstill({
    ...{ longestMs: longestStandstillMs, groupId },
    admin: () => createAdmin({ brokers, name: groupId, log }),
  });
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
    const offsets = [...done.entries()];
    done.clear();
    if (offsets.length === 0) return;
    const generation = membership;
    await consumer.commitOffsets(offsets.map(([, offset]) => offset)).catch((error: unknown) => {
      log.debug({ err: error }, 'offsets not committed');
      // Refused after a rebalance: the work is delivered again, which it must bear. Lost while the broker is away: once more.
      if (generation !== membership || stopping) return;
      for (const [place, offset] of offsets) if (!done.has(place)) done.set(place, offset);
      commitTimer ??= setTimeout(() => void commit(), commitEveryMs);
    });
  }

  function finished(message: RawMessage, payload: EachBatchPayload): void {
    const { topic, partition, offset } = message;
    payload.resolveOffset(offset);
    standstill.progress();
    done.set(placeOf(message), { topic, partition, offset: (BigInt(offset) + 1n).toString() });
    commitTimer ??= setTimeout(() => void commit(), commitEveryMs);
  }

  async function onBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const messages = batch.messages.map(message => rawMessage(batch.topic, batch.partition, message));
    const generation = membership;
    await work({
      messages,
      isOurs: () => !stopping && payload.isRunning() && !payload.isStale() && generation === membership,
      beat: () => payload.heartbeat(),
      progress: standstill.progress,
      finished: message => {
        finished(message, payload);
      },
      stop: () => void payload.pause(),
    });
  }

  consumer.on('consumer.group_join', ({ payload }) => {
    member = true;
    membership += 1;
    done.clear();
    // Stopped partitions are tried once more: the fault may be gone, and the memory of it belongs to the old assignment.
    faults.reset();
    consumer.resume(consumer.paused());
    lastFetch = performance.now();
    standstill.assigned(payload.memberAssignment);
    options.onJoin?.();
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
    if (stopping) return;
    const silentMs = performance.now() - lastFetch;
    if (working === 0 && silentMs >= watchdogMs && (await anyAnswers(brokers)))
      options.onCrash(new Error(`no fetch for ${String(Math.round(silentMs))} ms although a broker answers`));
    // Who waits for a part that is away, or has stopped a partition, says so and is not helped by another start.
    else if (member && !faults.any()) {
      const waiting = await standstill.waiting();
      if (waiting > 0n) options.onCrash(new Error(`${String(waiting)} records wait and none gets done`));
    }
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
      const look = () => void watch().catch((error: unknown) => log.debug({ err: error }, 'not watched'));
      watchdog = setInterval(look, Math.min(5_000, longestStandstillMs)).unref();
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
