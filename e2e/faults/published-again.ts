import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { createTestProducer } from '@waygraph/kit/testing/producer';
import { testEnv } from '@waygraph/kit/testing/test-env';

/** Past the outbox, straight to Kafka: what a broken publisher would do. */
export async function openPublisher() {
  const producer = await createTestProducer(testEnv('KAFKA_BROKERS').split(','));
  return {
    /** The very same event once more: key, headers and payload as they were. */
    again: async (message: RawMessage): Promise<void> => {
      const { topic, key, headers, value } = message;
      await producer.send(topic, {
        ...{ key: key ?? '', type: headers['eventType'] ?? '', seq: Number(headers['seq']), id: headers['id'] ?? '' },
        ...{ headers, payload: JSON.parse(value ?? 'null') as unknown },
      });
    },
    /** An event that nobody has told: what is in it is up to the test. */
    send: (...event: Parameters<typeof producer.send>): Promise<string[]> => producer.send(...event),
    stop: producer.stop,
  };
}
