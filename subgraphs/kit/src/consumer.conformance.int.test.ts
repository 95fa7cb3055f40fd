import { createConsumer } from './kafka.ts';
import { createAdmin } from './kafka-admin.ts';
import { createLog } from './log.ts';
import { consumerConformance } from './testing/consumer-conformance.ts';
import { createTestProducer } from './testing/producer.ts';
import { testEnv } from './testing/test-env.ts';

consumerConformance('Kafka', async () => {
  const brokers = testEnv('KAFKA_BROKERS').split(',');
  const admin = await createAdmin({ brokers, name: 'conformance', log: createLog('conformance', 'silent') });
  const producer = await createTestProducer(brokers);
  return {
    ...{ brokers, createConsumer },
    createTopic: name => admin.createTopics([{ name, partitions: 2, config: { 'max.message.bytes': '6000000' } }]),
    send: (topic, events) => producer.send(topic, ...events.map(event => ({ payload: {}, ...event }))),
    behind: async (group, topic) => Number(await admin.behind(group, await admin.ends([topic]))),
    stop: () => Promise.all([producer.stop(), admin.stop()]),
  };
});
