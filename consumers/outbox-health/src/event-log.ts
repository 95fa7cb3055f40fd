import { isOutOfRange, kafkaCluster } from '@waygraph/kit/kafka-cluster';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import type { Log } from '@waygraph/kit/log';
import { LogCut, type LastRecords } from './log-cut.ts';

/** By topic, then by partition. */
export type Offsets = Record<string, number[]>;
type Wanted = { readonly topic: string; readonly partition: number; readonly offset: number };

/** How long a fetch waits when nothing is there: not at all, we come back by ourselves. */
const waitMs = 1;

const markOf = ({ headers, timestampMs }: RawMessage): string => headers.id ?? String(timestampMs);

/**
 * Reads all topics as one log, from offsets its user keeps, whenever it is told to. Rejects with `LogCut` when what was read is not there
 * any more; that is looked for at the start and after every fault, since a log that is cut has other leaders than before.
 */
export function createEventLog(options: {
  brokers: readonly string[];
  topics: readonly string[];
  log: Log;
  cluster?: ReturnType<typeof kafkaCluster>;
}) {
  const { brokers, topics, log, cluster = kafkaCluster(brokers, 'outbox-health', log) } = options;
  let at: Offsets | undefined;
  let last: LastRecords = {};
  let isDoubtful = false;

  async function each(question: (topic: string) => Promise<number[]>): Promise<Offsets> {
    return Object.fromEntries(await Promise.all(topics.map(async topic => [topic, await question(topic)] as const)));
  }

  const ends = () => each(topic => cluster.offsets(topic, 'end'));
  const starts = () => each(topic => cluster.offsets(topic, 'start'));

  /** What was deleted at the beginning is left out: somebody wanted that. */
  async function stayInside(wanted: Offsets): Promise<Offsets> {
    const [start, end] = [await starts(), await ends()];
    const cut = topics.filter(topic =>
      (wanted[topic] ?? []).some((offset, partition) => offset > (end[topic]?.[partition] ?? 0)),
    );
    if (cut.length > 0) throw new LogCut(cut);
    return each(topic =>
      Promise.resolve(
        (start[topic] ?? []).map((first, partition) => {
          const offset = wanted[topic]?.[partition] ?? 0;
          if (offset > 0 && offset < first) log.error({ topic, partition, offset, first }, 'old records are gone');
          return Math.max(offset, first);
        }),
      ),
    );
  }

  async function fetchFrom(wanted: readonly Wanted[]) {
    const byNode = new Map<string, Wanted[]>();
    for (const topic of topics) {
      const ofTopic = wanted.filter(one => one.topic === topic);
      const partitions = ofTopic.map(({ partition }) => partition);
      for (const [node, led] of cluster.leadersOf(topic, partitions))
        byNode.set(node, [...(byNode.get(node) ?? []), ...ofTopic.filter(({ partition }) => led.includes(partition))]);
    }
    return (await Promise.all([...byNode].map(([node, list]) => cluster.fetch(node, list, waitMs)))).flat();
  }

  async function fetchOnce(): Promise<RawMessage[]> {
    const positions = at ?? {};
    const fetched = await fetchFrom(
      topics.flatMap(topic => (positions[topic] ?? []).map((offset, partition) => ({ topic, partition, offset }))),
    );
    for (const { topic, partition, next, messages } of fetched) {
      (positions[topic] ?? [])[partition] = next;
      const newest = messages.at(-1);
      if (newest !== undefined)
        (last[topic] ??= [])[partition] = { offset: Number(newest.offset), mark: markOf(newest) };
    }
    return fetched.flatMap(({ messages }) => messages);
  }

  /** The last records that were read are still there, each at its place. Rejects also when that cannot be told now. */
  async function assertWhole(): Promise<void> {
    const [start, end] = [await starts(), await ends()];
    const known = topics.flatMap(topic =>
      (last[topic] ?? []).flatMap((one, partition) => (one ? [{ topic, partition, ...one }] : [])),
    );
    const cut = new Set<string>();
    for (const { topic, partition, offset } of known) if (offset >= (end[topic]?.[partition] ?? 0)) cut.add(topic);
    // An answer has a greatest size, so that it may not tell of every partition.
    let asked = known.filter(
      ({ topic, partition, offset }) => !cut.has(topic) && offset >= (start[topic]?.[partition] ?? 0),
    );
    while (asked.length > 0) {
      const answers = (await fetchFrom(asked)).filter(({ messages }) => messages.length > 0);
      if (answers.length === 0) break;
      const open = new Set(asked);
      for (const { topic, partition, messages } of answers) {
        const one = asked.find(each => each.topic === topic && each.partition === partition);
        if (one === undefined) continue;
        open.delete(one);
        const there = messages.find(({ offset }) => Number(offset) === one.offset);
        if (there === undefined || markOf(there) !== one.mark) cut.add(topic);
      }
      asked = [...open];
    }
    if (cut.size > 0) throw new LogCut([...cut]);
    if (asked.length > 0) throw new Error('nobody answers whether what was read is still on the log');
  }

  return {
    /** Connects and learns where the topics are; rejects when one does not exist. */
    open: () => cluster.open(topics),
    /** `known`: the last records that an earlier life has read. */
    async startAt(offsets: Offsets, known: LastRecords = {}): Promise<void> {
      last = structuredClone(known);
      await assertWhole();
      at = await stayInside(offsets);
      isDoubtful = false;
    },
    ends,
    /** The first records published at that time or later. */
    async offsetsAt(ms: number): Promise<Offsets> {
      const [found, end] = [await each(topic => cluster.offsets(topic, { ms })), await ends()];
      return each(topic =>
        Promise.resolve(
          (found[topic] ?? []).map((offset, partition) => (offset < 0 ? (end[topic]?.[partition] ?? 0) : offset)),
        ),
      );
    },
    positions: (): Offsets => structuredClone(at ?? {}),
    lastRecords: (): LastRecords => structuredClone(last),
    /** Hands over what is there, up to about `most` records; at the end of the log when it resolves to true. */
    async readOn(onRecord: (message: RawMessage) => void, most: number): Promise<boolean> {
      for (let count = 0; count < most;) {
        let messages: RawMessage[];
        try {
          if (isDoubtful) await assertWhole();
          isDoubtful = false;
          messages = await fetchOnce();
        } catch (error) {
          isDoubtful = true;
          await cluster.refresh().catch(() => undefined);
          if (isOutOfRange(error) && at !== undefined) at = await stayInside(at);
          throw error;
        }
        if (messages.length === 0) return true;
        messages.forEach(onRecord);
        count += messages.length;
      }
      return false;
    },
    has: (wanted: Offsets): boolean =>
      Object.entries(wanted).every(([topic, list]) =>
        list.every((offset, partition) => (at?.[topic]?.[partition] ?? 0) >= offset),
      ),
    stop: () => cluster.close(),
  };
}

export type EventLog = ReturnType<typeof createEventLog>;
