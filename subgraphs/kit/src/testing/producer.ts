import { Partitioners } from 'kafkajs';
import { kafkaClient } from '../kafka-client.ts';
import { createLog } from '../log.ts';
import { uuidv7 } from '../outbox.ts';

export type TestEvent = {
  readonly key: string;
  readonly type?: string;
  readonly seq: number;
  readonly payload: unknown;
  readonly id?: string;
  /** Instead of those that follow from the rest. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** Puts events on a topic of a test's own as the outbox would. Everything else reaches Kafka by the outbox only. */
export async function createTestProducer(brokers: readonly string[]) {
  const client = kafkaClient(brokers, 'test-producer', createLog('test-producer', 'silent'));
  const producer = client.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return {
    /** Their ids, in order. */
    async send(topic: string, ...events: readonly TestEvent[]): Promise<string[]> {
      const full = events.map(event => ({ type: 'Tested', id: uuidv7(), ...event }));
      await producer.send({
        topic,
        messages: full.map(({ id, key, type, seq, payload, headers }) => ({
          key,
          value: JSON.stringify(payload),
          headers: {
            ...{ id, eventType: type, v: '1', seq: String(seq), occurredUs: String(Date.now() * 1000) },
            ...headers,
          },
        })),
      });
      return full.map(({ id }) => id);
    },
    /** Forgets everything that was published. */
    async deleteTopic(topic: string): Promise<void> {
      const admin = client.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
      await admin.disconnect();
    },
    stop: () => producer.disconnect(),
  };
}
