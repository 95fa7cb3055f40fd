import { createAdmin, type TopicSpec } from '@waygraph/kit/kafka-admin';
import { createLog } from '@waygraph/kit/log';
import { partitions, topicConfig, topics } from '@waygraph/schema/topics';

/** Debezium writes there every few seconds that it is alive; brokers here create no topic by themselves. */
const heartbeat = (connector: string): TopicSpec => ({
  name: `__debezium-heartbeat.${connector}`,
  partitions: 1,
  config: { 'cleanup.policy': 'compact', 'segment.bytes': '1048576', 'segment.ms': '3600000' },
});

async function ensure(brokers: readonly string[], wanted: readonly TopicSpec[]): Promise<number> {
  const admin = await createAdmin({ brokers, name: 'stack', log: createLog('stack', 'warn') });
  try {
    return (await admin.createTopics(wanted)).length;
  } finally {
    await admin.stop();
  }
}

/** Creates the topics of schema/topics.ts that are missing; gives how many those were. */
export const ensureTopics = (brokers: readonly string[]): Promise<number> =>
  ensure(
    brokers,
    topics.map(({ name, kind }) => ({ name, partitions, config: topicConfig(kind) })),
  );

export const ensureHeartbeatTopics = (brokers: readonly string[], connectors: readonly string[]): Promise<number> =>
  ensure(brokers, connectors.map(heartbeat));
