import { consumerConformance } from './testing/consumer-conformance.ts';
import { createFakeKafka } from './testing/fake-kafka.ts';
import { uuidv7 } from './outbox.ts';

consumerConformance('the fake', () => {
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
});
