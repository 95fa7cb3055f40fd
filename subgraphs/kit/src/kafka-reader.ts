import { WaygraphError } from './errors.ts';
import { isOutOfRange, kafkaCluster, type Fetched } from './kafka-cluster.ts';
import { pauseMs, type RawMessage } from './kafka-delivery.ts';
import type { Log } from './log.ts';

/** By partition: the oldest offset that is kept, and the one that the next record will get. */
export type LogBounds = { readonly start: readonly number[]; readonly end: readonly number[] };

/** Reads topics as a log, by offsets that its user keeps: no group, nothing is committed. */
export type KafkaReader = {
  bounds(topic: string): Promise<LogBounds>;
  /** By partition: the first record published at that time or later, else the end. In ms since 1970. */
  offsetsAt(topic: string, ms: number): Promise<number[]>;
  /** The records from `from` up to, without, `to`, which must lie within the bounds; in order per partition. Ends early when aborted. */
  read(
    topic: string,
    range: { from: readonly number[]; to: readonly number[] },
    signal?: AbortSignal,
  ): AsyncGenerator<RawMessage[]>;
  stop(): Promise<void>;
};

const waitMs = 500;
const attempts = 3;
const answerMs = 5_000;

const unavailable = (cause: unknown) => new WaygraphError('UNAVAILABLE', 'the event log cannot be read now', { cause });

/** Every question rejects with UNAVAILABLE when no broker answers. */
export function createKafkaReader(options: { brokers: readonly string[]; name: string; log: Log }): KafkaReader {
  const cluster = kafkaCluster(options.brokers, options.name, options.log);

  async function ask<T>(topic: string, question: () => Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(unavailable(new Error(`no answer within ${String(answerMs)} ms`))),
      answerMs,
    );
    try {
      return await Promise.race([answer(topic, question), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function answer<T>(topic: string, question: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await cluster.open([topic]);
        return await question();
      } catch (error) {
        if (attempt === attempts || isOutOfRange(error)) throw unavailable(error);
        await pause(pauseMs(attempt));
        await cluster.refresh().catch(() => undefined);
      }
    }
  }

  const offsets = (topic: string, at: 'start' | 'end' | { ms: number }) => cluster.offsets(topic, at);
  return {
    bounds: topic =>
      ask(topic, async () => {
        const [start, end] = await Promise.all([offsets(topic, 'start'), offsets(topic, 'end')]);
        return { start, end };
      }),
    offsetsAt: (topic, ms) =>
      ask(topic, async () => {
        const [found, end] = await Promise.all([offsets(topic, { ms }), offsets(topic, 'end')]);
        return found.map((offset, partition) => (offset < 0 ? (end[partition] ?? 0) : offset));
      }),
    async *read(topic, { from, to }, signal) {
      const at = [...from];
      const open = () => [...at.keys()].filter(partition => (at[partition] ?? 0) < (to[partition] ?? 0));
      while (open().length > 0 && signal?.aborted !== true) {
        const fetched = await ask(topic, async () => {
          const asked = [...cluster.leadersOf(topic, open())].map(([nodeId, partitions]) =>
            cluster.fetch(
              nodeId,
              partitions.map(partition => ({ topic, partition, offset: at[partition] ?? 0 })),
              waitMs,
            ),
          );
          return (await Promise.all(asked)).flat();
        });
        for (const { partition, next, messages } of fetched) {
          at[partition] = next;
          const wanted = messages.filter(({ offset }) => Number(offset) < (to[partition] ?? 0));
          if (wanted.length > 0) yield wanted;
        }
      }
    },
    stop: () => cluster.close(),
  };
}

export type KafkaTail = {
  /** By partition: the offsets of the next records that will be delivered, as of now; undefined until reading has begun. */
  position(topic: string): readonly number[] | undefined;
  /** Throws when nothing is read. */
  ready(): void;
  stop(): Promise<void>;
};

const silentMs = 10_000;

/**
 * Delivers what is published from now on: every record of all partitions, at once and in order per partition. It outlives
 * brokers: reading goes on where it ended, for as long as it takes.
 */
export function followTopics(options: {
  brokers: readonly string[];
  name: string;
  topics: readonly string[];
  log: Log;
  /** Meanwhile `position` tells what comes behind this record. */
  onRecord: (message: RawMessage) => void;
  /** The broker does not keep what comes next: reading goes on with what it has, and records are missing. */
  onCut: (topic: string) => void;
}): KafkaTail {
  const { brokers, name, topics, log, onRecord, onCut } = options;
  const cluster = kafkaCluster(brokers, name, log);
  const positions = new Map<string, number[]>();
  let lastFetch = Number.NEGATIVE_INFINITY;
  let away = false;
  let stopped = false;
  const stopping = () => stopped;

  function deliver({ topic, partition, messages, next }: Fetched): void {
    const position = positions.get(topic);
    if (position === undefined) return;
    for (const message of messages) {
      position[partition] = Number(message.offset) + 1;
      onRecord(message);
    }
    position[partition] = next;
  }

  /** Fetches from one broker until any of them fails. */
  async function follow(nodeId: string, partitions: { topic: string; partition: number }[], round: { over: boolean }) {
    try {
      const goesOn = () => !round.over && !stopping();
      while (goesOn()) {
        const wanted = partitions.map(one => ({ ...one, offset: positions.get(one.topic)?.[one.partition] ?? 0 }));
        const fetched = await cluster.fetch(nodeId, wanted, waitMs);
        lastFetch = performance.now();
        if (away) log.info({ topics }, 'the event log is read again');
        away = false;
        // When another broker failed meanwhile, the next round fetches this again, maybe from another leader.
        if (goesOn()) fetched.forEach(deliver);
      }
    } finally {
      round.over = true;
    }
  }

  async function followAll(): Promise<void> {
    await cluster.open(topics);
    for (const topic of topics) {
      const known = positions.get(topic);
      if (known === undefined) positions.set(topic, await cluster.offsets(topic, 'end'));
      // What was published into a partition that is new belongs to those who listen already.
      else while (known.length < cluster.partitionCount(topic)) known.push(0);
    }
    const byNode = new Map<string, { topic: string; partition: number }[]>();
    for (const [topic, position] of positions)
      for (const [nodeId, partitions] of cluster.leadersOf(topic, [...position.keys()]))
        byNode.set(nodeId, [...(byNode.get(nodeId) ?? []), ...partitions.map(partition => ({ topic, partition }))]);
    const round = { over: false };
    await Promise.all([...byNode].map(([nodeId, partitions]) => follow(nodeId, partitions, round)));
  }

  /** Where the broker no longer has what we want, or never had it: a log that was cut, or made anew. */
  async function goOnWithWhatIsThere(): Promise<void> {
    for (const [topic, position] of positions) {
      const [start, end] = await Promise.all([cluster.offsets(topic, 'start'), cluster.offsets(topic, 'end')]);
      let cut = false;
      for (const [partition, offset] of position.entries()) {
        const from = start[partition] ?? 0;
        if (offset >= from && offset <= (end[partition] ?? 0)) continue;
        log.error({ topic, partition, offset, from }, 'records are missing: the log was cut or made anew');
        position[partition] = from;
        cut = true;
      }
      if (cut) onCut(topic);
    }
  }

  async function run(): Promise<void> {
    for (let attempt = 0; !stopping(); attempt += 1) {
      const begun = performance.now();
      try {
        await followAll();
      } catch (error) {
        if (stopping()) return;
        if (lastFetch > begun) attempt = 0;
        // A broker that is away is told once, not at each try.
        log[away ? 'debug' : 'warn']({ err: error, topics }, 'the event log is not read now');
        away = true;
        await pause(pauseMs(attempt));
        await cluster.refresh().catch(() => undefined);
        if (isOutOfRange(error))
          await goOnWithWhatIsThere().catch((cause: unknown) => log.debug({ err: cause }, 'bounds are not known'));
      }
    }
  }

  const ended = run();
  return {
    position: topic => positions.get(topic)?.slice(),
    ready() {
      const silent = performance.now() - lastFetch;
      if (silent > silentMs) throw new Error('the event log is not read');
    },
    async stop() {
      stopped = true;
      await cluster.close();
      // The library may still be trying to connect; that ends by itself.
      await Promise.race([ended, pause(waitMs)]);
    },
  };
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));
