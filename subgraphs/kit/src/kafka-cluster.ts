import { createRequire } from 'node:module';
import { kafkaClient } from './kafka-client.ts';
import { rawMessage, type LibraryMessage, type RawMessage } from './kafka-delivery.ts';
import type { Log } from './log.ts';

type Wanted = { readonly topic: string; readonly partition: number; readonly offset: number };
/** What a fetch gave for a partition; `next` is the offset behind it, also when nothing was there to be delivered. */
export type Fetched = {
  readonly topic: string;
  readonly partition: number;
  readonly messages: RawMessage[];
  readonly next: number;
};

type Broker = {
  fetch(request: {
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    rackId: string;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { topicName: string; partitions: { partition: number }[] }[] }>;
};
type Cluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number }[];
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  findBroker(options: { nodeId: string }): Promise<Broker>;
  fetchTopicsOffset(
    topics: {
      topic: string;
      partitions: { partition: number }[];
      fromBeginning?: boolean;
      fromTimestamp?: number;
    }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
};
type Batch = { readonly messages: LibraryMessage[]; isEmptyIncludingFiltered(): boolean; lastOffset(): string };

const fromLibrary = createRequire(import.meta.url);
const readCommitted = 1;
const maxBytes = 4 * 1024 * 1024;
const maxBytesPerPartition = 512 * 1024;

/**
 * The connections inside the library, without a consumer group around them: a reader that commits nothing needs no member that joins,
 * beats, is thrown out and starts again from somewhere else.
 */
export function kafkaCluster(brokers: readonly string[], name: string, log: Log) {
  const client = kafkaClient(brokers, name, log) as unknown as Record<symbol, (options: object) => Cluster>;
  const symbol = Object.getOwnPropertySymbols(client).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const create = symbol && client[symbol];
  if (create === undefined) throw new Error('kafkajs has changed inside: look at kafkaCluster');
  const cluster = create({ metadataMaxAge: 60_000, allowAutoTopicCreation: false, isolationLevel: readCommitted });
  const BatchOf = fromLibrary('kafkajs/src/consumer/batch') as new (
    topic: string,
    offset: string,
    data: unknown,
  ) => Batch;

  return {
    /** Connects, and learns where these topics are; rejects when one does not exist. */
    async open(topics: readonly string[]): Promise<void> {
      await cluster.connect();
      await cluster.addMultipleTargetTopics(topics);
    },
    refresh: () => cluster.refreshMetadata(),
    close: () => cluster.disconnect(),
    partitionCount: (topic: string): number => cluster.findTopicPartitionMetadata(topic).length,
    leadersOf(topic: string, partitions: readonly number[]): Map<string, number[]> {
      return new Map(Object.entries(cluster.findLeaderForPartitions(topic, partitions)));
    },
    /** By partition; -1 where nothing is that new. */
    async offsets(topic: string, at: 'start' | 'end' | { readonly ms: number }): Promise<number[]> {
      const partitions = cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId }) => ({ partition: partitionId }));
      const where = typeof at === 'object' ? { fromTimestamp: at.ms } : { fromBeginning: at === 'start' };
      const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions, ...where }]);
      const found = (answer?.partitions ?? []).toSorted((a, b) => a.partition - b.partition);
      return found.map(({ offset }) => Number(offset));
    },
    /** Answers as soon as one record is there, at the latest after `waitMs`. */
    async fetch(nodeId: string, wanted: readonly Wanted[], waitMs: number): Promise<Fetched[]> {
      const broker = await cluster.findBroker({ nodeId });
      const topics = [...new Set(wanted.map(({ topic }) => topic))].map(topic => ({
        topic,
        partitions: wanted
          .filter(want => want.topic === topic)
          .map(({ partition, offset }) => ({
            ...{ partition, fetchOffset: String(offset), maxBytes: maxBytesPerPartition },
          })),
      }));
      const { responses } = await broker.fetch({
        ...{ maxWaitTime: waitMs, minBytes: 1, maxBytes, isolationLevel: readCommitted, rackId: '', topics },
      });
      return responses.flatMap(({ topicName: topic, partitions }) =>
        partitions.map(data => {
          const { partition } = data;
          const offset = wanted.find(want => want.topic === topic && want.partition === partition)?.offset ?? 0;
          const batch = new BatchOf(topic, String(offset), data);
          const next = batch.isEmptyIncludingFiltered() ? offset : Number(batch.lastOffset()) + 1;
          return { topic, partition, next, messages: batch.messages.map(one => rawMessage(topic, partition, one)) };
        }),
      );
    },
  };
}

/** The broker keeps nothing at the offset that was asked for. */
export const isOutOfRange = (error: unknown): boolean =>
  error instanceof Error && (error as { type?: unknown }).type === 'OFFSET_OUT_OF_RANGE';
