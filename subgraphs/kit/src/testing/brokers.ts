import { createConsumer } from '../kafka.ts';
import { createAdmin } from '../kafka-admin.ts';
import { createLog } from '../log.ts';
import { uuidv7 } from '../outbox.ts';
import type { Broker } from './consumer-conformance.ts';
import { createFakeKafka } from './fake-kafka.ts';
import { createTestProducer } from './producer.ts';
import { testEnv } from './test-env.ts';

/** The real one. */
export async function openKafka(): Promise<Broker> {
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
}

/** The one in memory. */
export function openFake(): Promise<Broker> {
  const fake = createFakeKafka();
  return Promise.resolve({
    brokers: [],
    createConsumer: fake.createConsumer,
    createTopic: () => Promise.resolve(),
    send: (topic, events) => {
      for (const { key, seq, payload = {} } of events)
        fake.send(topic, {
          key,
          value: JSON.stringify(payload),
          headers: { id: uuidv7(), eventType: 'Tested', v: '1', seq: String(seq), occurredUs: '1' },
        });
      return Promise.resolve();
    },
    behind: (group, topic) => Promise.resolve(fake.behind(group, topic)),
    stop: () => Promise.resolve(),
  });
}
