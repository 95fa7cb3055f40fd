import { isOutOfRange, kafkaCluster } from '@waygraph/kit/kafka-cluster';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import type { Log } from '@waygraph/kit/log';

/** By topic, then by partition. */
export type Offsets = Record<string, number[]>;

/** How long a fetch waits when nothing is there: not at all, we come back by ourselves. */
const waitMs = 1;

/** Reads all topics as one log, from offsets its user keeps, whenever it is told to. */
export function createEventLog(options: { brokers: readonly string[]; topics: readonly string[]; log: Log }) {
  const { brokers, topics, log } = options;
  const cluster = kafkaCluster(brokers, 'outbox-health', log);
  let at: Offsets | undefined;

  async function each(question: (topic: string) => Promise<number[]>): Promise<Offsets> {
    return Object.fromEntries(await Promise.all(topics.map(async topic => [topic, await question(topic)] as const)));
  }

  const ends = () => each(topic => cluster.offsets(topic, 'end'));

  /** Where the log was cut or made anew, what is left of it is read from its beginning. */
  async function stayInside(wanted: Offsets): Promise<Offsets> {
    const [start, end] = [await each(topic => cluster.offsets(topic, 'start')), await ends()];
    return each(topic =>
      Promise.resolve(
        (end[topic] ?? []).map((last, partition) => {
          const first = start[topic]?.[partition] ?? 0;
          const offset = wanted[topic]?.[partition] ?? 0;
          if (offset >= first && offset <= last) return offset;
          if (offset > 0)
            log.error({ topic, partition, offset, first }, 'records are gone: the log was cut or made anew');
          return first;
        }),
      ),
    );
  }

  async function fetchOnce(): Promise<RawMessage[]> {
    const positions = at ?? {};
    const byNode = new Map<string, { topic: string; partition: number; offset: number }[]>();
    for (const topic of topics)
      for (const [node, partitions] of cluster.leadersOf(topic, [...(positions[topic] ?? []).keys()])) {
        const wanted = partitions.map(partition => ({
          ...{ topic, partition },
          offset: positions[topic]?.[partition] ?? 0,
        }));
        byNode.set(node, [...(byNode.get(node) ?? []), ...wanted]);
      }
    const fetched = (
      await Promise.all([...byNode].map(([node, wanted]) => cluster.fetch(node, wanted, waitMs)))
    ).flat();
    for (const { topic, partition, next } of fetched) (positions[topic] ?? [])[partition] = next;
    return fetched.flatMap(({ messages }) => messages);
  }

  return {
    /** Connects and learns where the topics are; rejects when one does not exist. */
    open: () => cluster.open(topics),
    async startAt(offsets: Offsets): Promise<void> {
      at = await stayInside(offsets);
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
    /** Hands over what is there, up to about `most` records; at the end of the log when it resolves to true. */
    async readOn(onRecord: (message: RawMessage) => void, most: number): Promise<boolean> {
      for (let count = 0; count < most;) {
        let messages: RawMessage[];
        try {
          messages = await fetchOnce();
        } catch (error) {
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
