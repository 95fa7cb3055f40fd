import { kafkaClient } from './kafka-client.ts';
import { placeOf } from './kafka-delivery.ts';
import type { Log } from './log.ts';

export type TopicSpec = {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
};
/** `start` is the oldest offset that is kept, `end` the one the next record will get. */
export type PartitionEnd = {
  readonly topic: string;
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
};

export type KafkaAdmin = {
  /** Creates those that are missing and resolves to their names; those that are there stay as they are. */
  createTopics(topics: readonly TopicSpec[]): Promise<string[]>;
  ends(topics: readonly string[]): Promise<PartitionEnd[]>;
  /** How many records below `ends` the group has not committed; what it never committed counts in full. */
  behind(groupId: string, ends: readonly PartitionEnd[]): Promise<bigint>;
  deleteGroup(groupId: string): Promise<void>;
  stop(): Promise<void>;
};

/** Rejects when no broker answers. */
export async function createAdmin({
  brokers,
  name,
  log,
}: {
  brokers: readonly string[];
  name: string;
  log: Log;
}): Promise<KafkaAdmin> {
  const admin = kafkaClient(brokers, name, log).admin();
  await admin.connect();

  return {
    async createTopics(topics) {
      const known = new Set(await admin.listTopics());
      const missing = topics.filter(({ name: topic }) => !known.has(topic));
      if (missing.length > 0)
        await admin.createTopics({
          waitForLeaders: true,
          topics: missing.map(({ name: topic, partitions, config }) => ({
            ...{ topic, numPartitions: partitions, replicationFactor: 1 },
            configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
          })),
        });
      return missing.map(({ name: topic }) => topic);
    },
    async ends(topics) {
      const all = topics.map(async topic => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets.map(({ partition, low, high }) => ({ topic, partition, start: BigInt(low), end: BigInt(high) }));
      });
      return (await Promise.all(all)).flat();
    },
    async behind(groupId, ends) {
      const groups = await admin.fetchOffsets({ groupId, topics: [...new Set(ends.map(({ topic }) => topic))] });
      const committed = new Map(
        groups.flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset }) => [placeOf({ topic, partition }), BigInt(offset)] as const),
        ),
      );
      return ends.reduce((sum, { topic, partition, start, end }) => {
        const offset = committed.get(placeOf({ topic, partition })) ?? start;
        const from = offset < start ? start : offset;
        return from < end ? sum + end - from : sum;
      }, 0n);
    },
    deleteGroup: async groupId => {
      await admin.deleteGroups([groupId]);
    },
    stop: () => admin.disconnect(),
  };
}
