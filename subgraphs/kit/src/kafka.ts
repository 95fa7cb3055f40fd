import { setTimeout as wait } from 'node:timers/promises';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import {
  allPartitions,
  longestStandstillMs as longestStandstill,
  type ConsumerOptions,
  type KafkaConsumer,
} from './consumer-port.ts';
import { createAdmin } from './kafka-admin.ts';
import { anyAnswers, kafkaClient, retry } from './kafka-client.ts';
import { createFaults, placeOf, rawMessage, type RawMessage } from './kafka-delivery.ts';
import { createLag } from './lag.ts';
import { createOffsetCommits, type Commit } from './offset-commits.ts';
import { createPartitionWork } from './partition-work.ts';
import { createStandstill } from './standstill.ts';

export type { ConsumerOptions, KafkaConsumer } from './consumer-port.ts';

/** The least a broker accepts: so long a group waits for a member that was killed. */
const sessionTimeoutMs = 6_000;
const heartbeatMs = 2_000;
const watchdogMs = 30_000;
const maxBytesPerPartition = 512 * 1024;

/**
 * A member of a consumer group that delivers at least once, in order per partition, and commits only what is done. Passing faults of
 * the work are waited out in place; any other fault stops that one partition and shows in `ready`, while the others go on.
 */
export function createConsumer(options: ConsumerOptions): KafkaConsumer {
  const { groupId, log, topics, brokers, concurrency = 1, commitEveryMs = 1_000, drainMs = 4_000 } = options;
  const { longestStandstillMs = longestStandstill } = options;
  const consumer: Consumer = kafkaClient(options.brokers, groupId, log).consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: 15_000,
    heartbeatInterval: heartbeatMs,
    // A fetch is answered as soon as one byte is there; the wait only bounds how long a stop or a new topic is not noticed.
    minBytes: 1,
    maxWaitTimeInMs: 250,
    maxBytesPerPartition,
    // Never the bound: a partition that an answer had no room for would look as if it held nothing, and `lag` would be too low.
    maxBytes: allPartitions * maxBytesPerPartition,
    metadataMaxAge: 60_000,
    retry: { ...retry, restartOnFailure: () => Promise.resolve(true) },
  });
  const faults = createFaults(log);
  const work = createPartitionWork(options, faults);
  const commits = createOffsetCommits({ everyMs: commitEveryMs, log });
  const standstill = createStandstill({
    ...{ longestMs: longestStandstillMs, groupId },
    admin: () => createAdmin({ brokers, name: groupId, log }),
  });
  const lag = createLag();
  const joined = Promise.withResolvers<void>();
  /** Resolved when nothing that runs is waited for any longer. */
  const left = Promise.withResolvers<void>();
  const stop = new AbortController();
  const stopping = () => stop.signal.aborted;
  let member = false;
  /** Grows with each join: what was begun before it is no longer ours, or comes again. */
  let membership = 0;
  /** What is ours since the last join, as a partition's place. */
  let assigned: ReadonlySet<string> = new Set();
  /** Batches being worked on. */
  const working = new Set<Promise<void>>();
  let running: Promise<void> | undefined;
  let lastFetch = performance.now();
  let watchdog: NodeJS.Timeout | undefined;

  async function onBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    // Fetched before a rebalance gave it to another.
    if (!assigned.has(placeOf(batch))) return;
    const messages = batch.messages.map(message => rawMessage(batch.topic, batch.partition, message));
    const generation = membership;
    // Of the library's two ways the one that asks once: the other tries again by itself, also after a rebalance, when what it has is old.
    const commit: Commit = positions =>
      payload.commitOffsetsIfNecessary({
        topics: Object.entries(Object.groupBy(positions, ({ topic }) => topic)).map(([topic, partitions = []]) => ({
          topic,
          partitions: partitions.map(({ partition, offset }) => ({ partition, offset })),
        })),
      });
    lag.begins(placeOf(batch));
    await work({
      messages,
      isOurs: () => !stopping() && payload.isRunning() && !payload.isStale() && generation === membership,
      beat: () => payload.heartbeat(),
      progress: standstill.progress,
      finished: (message: RawMessage) => {
        // A rebalance came while it was worked on: whoever has the partition now tells of it.
        if (generation !== membership) return;
        const { topic, partition, offset } = message;
        payload.resolveOffset(offset);
        standstill.progress();
        lag.done(placeOf(message), offset, batch.highWatermark);
        commits.done({ topic, partition, offset: (BigInt(offset) + 1n).toString() }, commit);
      },
      stop: () => void payload.pause(),
    });
  }

  consumer.on('consumer.rebalancing', () => {
    // Nothing is worked on here, and until everybody has joined anew the group still takes what was done: else it is all done again.
    void commits.last();
  });
  consumer.on('consumer.group_join', ({ payload }) => {
    member = true;
    membership += 1;
    assigned = new Set(
      Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map(partition => placeOf({ topic, partition })),
      ),
    );
    commits.reset();
    lag.reset();
    // Stopped partitions are tried once more: the fault may be gone, and the memory of it belongs to the old assignment.
    faults.reset();
    consumer.resume(consumer.paused());
    lastFetch = performance.now();
    standstill.assigned(payload.memberAssignment);
    options.onJoin?.();
    log.info({ groupId, partitions: payload.memberAssignment }, 'joined the group');
    joined.resolve();
  });
  consumer.on('consumer.fetch_start', ({ payload }) => {
    // Who has nothing to ask for gets no answer.
    if (assigned.size === 0) lag.answered();
    lag.fetches(payload.nodeId);
  });
  // Of requests that were answered only. The library tells of a fetch that failed as of any other, and begins the next.
  consumer.on('consumer.network.request', ({ payload }) => {
    if (payload.apiName === 'Fetch') lag.answered();
  });
  consumer.on('consumer.fetch', () => {
    lastFetch = performance.now();
  });
  consumer.on('consumer.crash', ({ payload }) => {
    member = false;
    if (!payload.restart && !stopping()) options.onCrash(payload.error);
  });

  async function watch(): Promise<void> {
    if (stopping()) return;
    const silentMs = performance.now() - lastFetch;
    if (working.size === 0 && silentMs >= watchdogMs && (await anyAnswers(brokers)))
      options.onCrash(new Error(`no fetch for ${String(Math.round(silentMs))} ms although a broker answers`));
    // Who waits for a part that is away says so and is not helped by another start; nothing else is fetched until it is back.
    else if (member && !faults.waits()) {
      const waiting = await standstill.waiting(
        // A stopped partition says so as well; and what is done here but not yet committed is no work that waits.
        ({ end, ...place }) => faults.isStopped(placeOf(place)) || (commits.reached(placeOf(place)) ?? -1n) >= end,
      );
      if (waiting > 0n) options.onCrash(new Error(`${String(waiting)} records wait and none gets done`));
    }
  }

  return {
    async start() {
      for (let attempt = 0; !stopping(); attempt += 1) {
        try {
          await consumer.connect();
          await consumer.subscribe({ topics: [...topics], fromBeginning: options.fromBeginning });
          break;
        } catch (error) {
          // A topic may still be missing, or the broker on its way.
          log.warn({ err: error, groupId }, 'cannot subscribe yet');
          await wait(500, undefined, { signal: stop.signal }).catch(() => undefined);
        }
      }
      // A stop came meanwhile: who runs now would join a group that nobody has it leave.
      if (stopping()) {
        await consumer.disconnect();
        return;
      }
      running = consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch: async payload => {
          // The library beats between messages only, and one may take longer than a session. A beat that fails is met again by the next.
          const beating = setInterval(() => void payload.heartbeat().catch(() => undefined), heartbeatMs / 2);
          const batch = onBatch(payload);
          working.add(batch);
          try {
            await Promise.race([batch, left.promise]);
          } finally {
            clearInterval(beating);
            working.delete(batch);
          }
        },
      });
      const look = () => void watch().catch((error: unknown) => log.debug({ err: error }, 'not watched'));
      watchdog = setInterval(look, Math.min(5_000, longestStandstillMs)).unref();
      await running;
      await joined.promise;
    },
    async stop() {
      stop.abort();
      clearInterval(watchdog);
      joined.resolve();
      // Once the client stops it commits no more, so the work that is running ends first; what waits for a part is left, and so is
      // what hangs: whoever has the partition next does it again, which it must bear.
      const late = setTimeout(left.resolve, drainMs);
      // The library does not leave a group that it is just about to join.
      await Promise.race([Promise.allSettled([running, ...working]), left.promise]);
      clearTimeout(late);
      left.resolve();
      await commits.now();
      membership += 1;
      commits.reset();
      await consumer.stop();
      await consumer.disconnect();
    },
    ready() {
      if (!member) throw new Error(`not in group ${groupId}`);
      const silentMs = performance.now() - lastFetch;
      faults.check();
      if (silentMs > sessionTimeoutMs && working.size === 0)
        throw new Error(`no fetch for ${String(Math.round(silentMs))} ms`);
    },
    lagMs: lag.ms,
  };
}
