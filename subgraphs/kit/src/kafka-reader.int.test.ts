import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createAdmin, type KafkaAdmin } from './kafka-admin.ts';
import type { RawMessage } from './kafka-delivery.ts';
import { createKafkaReader, followTopics, type KafkaReader, type KafkaTail } from './kafka-reader.ts';
import { createLog } from './log.ts';
import { createTestProducer } from './testing/producer.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const brokers = testEnv('KAFKA_BROKERS').split(',');
const log = createLog('test', 'silent');
const partitions = 3;
let admin: KafkaAdmin;
let producer: Awaited<ReturnType<typeof createTestProducer>>;
let reader: KafkaReader;
const tails: KafkaTail[] = [];

beforeAll(async () => {
  admin = await createAdmin({ brokers, name: 'reader-test', log });
  producer = await createTestProducer(brokers);
  reader = createKafkaReader({ brokers, name: 'reader-test', log });
});
afterEach(async () => {
  await Promise.all(tails.splice(0).map(tail => tail.stop()));
});
afterAll(async () => {
  await Promise.all([admin.stop(), producer.stop(), reader.stop()]);
});

async function newTopic(): Promise<string> {
  const name = uniqueId('test.log');
  await admin.createTopics([{ name, partitions, config: {} }]);
  return name;
}
const publish = (topic: string, from: number, to: number) =>
  producer.send(
    topic,
    ...Array.from({ length: to - from + 1 }, (_, i) => ({
      ...{ key: `key-${String((from + i) % 7)}`, seq: from + i, payload: { n: from + i } },
    })),
  );
const numberIn = ({ value }: RawMessage): number => (JSON.parse(value ?? '{}') as { n: number }).n;
const sorted = (numbers: number[]) => numbers.toSorted((a, b) => a - b);
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function all(topic: string, from: readonly number[], to: readonly number[]): Promise<RawMessage[]> {
  const read: RawMessage[] = [];
  for await (const messages of reader.read(topic, { from, to })) read.push(...messages);
  return read;
}

async function follow(topic: string) {
  const messages: RawMessage[] = [];
  const cuts: string[] = [];
  const positions: (readonly number[] | undefined)[] = [];
  const tail = followTopics({
    ...{ brokers, name: 'tail-test', topics: [topic], log },
    onRecord: message => {
      messages.push(message);
      positions.push(tail.position(topic));
    },
    onCut: cut => cuts.push(cut),
  });
  tails.push(tail);
  await waitFor(() => (tail.ready(), true), { what: 'the tail to read' });
  return { tail, messages, cuts, positions };
}

describe('a range of a topic', () => {
  test('is read exactly, in order per partition', async () => {
    const topic = await newTopic();
    await publish(topic, 1, 200);
    const middle = (await reader.bounds(topic)).end;
    await publish(topic, 201, 300);
    const { start, end } = await reader.bounds(topic);
    expect(start).toEqual([0, 0, 0]);
    expect(sorted((await all(topic, start, middle)).map(numberIn))).toEqual(upTo(1, 200));
    const rest = await all(topic, middle, end);
    expect(sorted(rest.map(numberIn))).toEqual(upTo(201, 300));
    for (const partition of upTo(0, partitions - 1)) {
      const own = rest.filter(message => message.partition === partition);
      expect(own.map(({ offset }) => Number(offset))).toEqual(upTo(middle[partition] ?? 0, (end[partition] ?? 0) - 1));
    }
    expect(await all(topic, end, end)).toEqual([]);
  });

  test('is found by the time of publishing', async () => {
    const topic = await newTopic();
    await publish(topic, 1, 20);
    const { end } = await reader.bounds(topic);
    const between = Date.now() + 1;
    await waitFor(() => Date.now() > between, { intervalMs: 1 });
    await publish(topic, 21, 40);
    expect(await reader.offsetsAt(topic, between)).toEqual(end);
    expect(await reader.offsetsAt(topic, 0)).toEqual([0, 0, 0]);
    expect(await reader.offsetsAt(topic, Date.now() + 60_000)).toEqual((await reader.bounds(topic)).end);
  });

  test('of a topic that is not there is not available', async () => {
    await expect(reader.bounds(uniqueId('nothing'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('what is published from now on', () => {
  test('is delivered once and in order per partition, each record with the position behind it', async () => {
    const topic = await newTopic();
    await publish(topic, 1, 50);
    const { end } = await reader.bounds(topic);
    const { tail, messages, positions, cuts } = await follow(topic);
    expect(tail.position(topic)).toEqual(end);
    for (let from = 51; from < 150; from += 10) await publish(topic, from, from + 9);
    await waitFor(() => messages.length >= 100, { what: 'all that was published' });
    expect(sorted(messages.map(numberIn))).toEqual(upTo(51, 150));
    const at = [...end];
    for (const [index, { partition, offset }] of messages.entries()) {
      expect(Number(offset)).toBe(at[partition]);
      at[partition] = Number(offset) + 1;
      expect(positions[index]).toEqual(at);
    }
    expect(cuts).toEqual([]);
  });

  test('a topic that is made later is read as soon as it is there', async () => {
    const topic = uniqueId('test.log');
    const messages: RawMessage[] = [];
    const tail = followTopics({
      ...{ brokers, name: 'tail-test', topics: [topic], log },
      onRecord: message => messages.push(message),
      onCut: () => undefined,
    });
    tails.push(tail);
    expect(tail.position(topic)).toBeUndefined();
    expect(() => tail.ready()).toThrow('not read');
    await admin.createTopics([{ name: topic, partitions, config: {} }]);
    await waitFor(() => tail.position(topic), { what: 'the topic to be found' });
    await publish(topic, 1, 5);
    await waitFor(() => messages.length === 5, { what: 'its records' });
  });

  test('a topic that is made anew is told as a cut, and read on', async () => {
    const topic = await newTopic();
    await publish(topic, 1, 60);
    const { messages, cuts } = await follow(topic);
    await producer.deleteTopic(topic);
    await waitFor(async () => (await admin.createTopics([{ name: topic, partitions, config: {} }])).length === 1, {
      what: 'the topic to be gone and made anew',
    });
    await publish(topic, 61, 70);
    await waitFor(() => cuts.length > 0, { what: 'the cut', timeoutMs: 20_000 });
    await waitFor(() => sorted(messages.map(numberIn)).at(-1) === 70, { what: 'the new records' });
    expect(cuts).toEqual([topic]);
    expect(sorted(messages.map(numberIn))).toEqual(upTo(61, 70));
  });
});
