import { createConsumer } from '@waygraph/kit/kafka';
import { createAdmin } from '@waygraph/kit/kafka-admin';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { createLog } from '@waygraph/kit/log';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';

/** Every record of a topic from its beginning to its present end. */
export async function readTopic(topic: string): Promise<RawMessage[]> {
  const shared = { brokers: testEnv('KAFKA_BROKERS').split(','), log: createLog('read-topic', 'silent') };
  const groupId = uniqueId('read-topic');
  const admin = await createAdmin({ ...shared, name: groupId });
  const ends = await admin.ends([topic]);
  const messages: RawMessage[] = [];
  const next = new Map<number, bigint>();
  const consumer = createConsumer({
    ...shared,
    groupId,
    topics: [topic],
    fromBeginning: true,
    concurrency: 6,
    onCrash: () => undefined,
    eachBatch: batch => {
      messages.push(...batch);
      for (const { partition, offset } of batch) next.set(partition, BigInt(offset) + 1n);
      return Promise.resolve();
    },
  });
  await consumer.start();
  await waitFor(() => ends.every(({ partition, end, start }) => end === start || (next.get(partition) ?? 0n) >= end), {
    timeoutMs: 60_000,
    what: `the end of ${topic}`,
  });
  await consumer.stop();
  await admin.deleteGroup(groupId);
  await admin.stop();
  return messages;
}
