import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { createPool, sqlOfPool } from './database.ts';
import { createEventConsumer, onWithCalls } from './event-consumer.ts';
import { createConsumer } from './kafka.ts';
import { createAdmin, type KafkaAdmin } from './kafka-admin.ts';
import type { KafkaConsumer } from './consumer-port.ts';
import type { RawMessage } from './kafka-delivery.ts';
import { createLog } from './log.ts';
import { createTestProducer } from './testing/producer.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const brokers = testEnv('KAFKA_BROKERS').split(',');
const log = createLog('watchdog', 'silent');
const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 8, name: 'watchdog-test' });
let running: KafkaConsumer[] = [];
let admin: KafkaAdmin;
let producer: Awaited<ReturnType<typeof createTestProducer>>;
let topic: string;
let group: string;

beforeAll(async () => {
  admin = await createAdmin({ brokers, name: 'watchdog', log });
  producer = await createTestProducer(brokers);
});
beforeEach(async () => {
  [topic, group] = [uniqueId('watchdog.events'), uniqueId('group')];
  await admin.createTopics([{ name: topic, partitions: 4, config: {} }]);
});
afterEach(async () => {
  await Promise.all(running.map(consumer => consumer.stop()));
  running = [];
}, 20_000);
afterAll(() => Promise.all([producer.stop(), admin.stop(), pool.end()]));

const keys = Array.from({ length: 16 }, () => uniqueId('key'));
const beats = (seq: number) =>
  producer.send(
    topic,
    ...keys.map(key => ({
      key,
      type: 'CanaryBeat',
      seq,
      payload: { server: key, beat: 1, at: '2026-11-21T09:30:00.000Z' },
    })),
  );
const behind = async () => await admin.behind(group, await admin.ends([topic]));

async function start(
  eachMessage: (message: RawMessage) => Promise<void>,
  { onCrash = (): void => undefined, commitEveryMs = 10, longestStandstillMs = 60_000 } = {},
) {
  const consumer = createConsumer({
    ...{ brokers, groupId: group, topics: [topic], fromBeginning: true, log, concurrency: 4, drainMs: 100 },
    ...{ eachMessage, onCrash, commitEveryMs, longestStandstillMs },
  });
  running.push(consumer);
  await consumer.start();
  return consumer;
}

test('events that hang are set aside before the process is taken to stand still', async () => {
  const crashes: Error[] = [];
  const consumer = createEventConsumer({
    ...{ group, pool, brokers, log, concurrency: 2, commitEveryMs: 10, longestStandstillMs: 2_000, drainMs: 100 },
    handlers: [onWithCalls({ ...CanaryBeat, topic: topic as 'canary' }, () => new Promise<void>(() => undefined))],
    onCrash: error => crashes.push(error),
  });
  running.push(consumer);
  await beats(1);
  await consumer.start();
  await waitFor(async () => (await behind()) === 0n, { what: 'everything set aside', timeoutMs: 40_000 });
  const parked = await sqlOfPool(pool)('select from parked where consumer_group = $1', [group]);
  expect([parked.length, crashes]).toEqual([keys.length, []]);
}, 60_000);

test('a partition that stopped hides no other that stands still', async () => {
  const crash = Promise.withResolvers<Error>();
  let stopped: number | undefined;
  const consumer = await start(
    ({ partition }) => {
      stopped ??= partition;
      return partition === stopped ? Promise.reject(new Error('cannot')) : new Promise<void>(() => undefined);
    },
    { onCrash: crash.resolve as () => void, longestStandstillMs: 500 },
  );
  await beats(1);
  expect((await crash.promise).message).toMatch(/^\d+ records wait and none gets done$/);
  expect(() => {
    consumer.ready();
  }).toThrow('cannot');
}, 30_000);

test('who has done everything does not stand still, also when the group was not told yet', async () => {
  const crashes: unknown[] = [];
  const seen: RawMessage[] = [];
  await beats(1);
  await start(message => Promise.resolve(void seen.push(message)), {
    ...{ onCrash: (...given: unknown[]) => void crashes.push(given), commitEveryMs: 600_000, longestStandstillMs: 200 },
  });
  await waitFor(() => seen.length === keys.length);
  const until = performance.now() + 1_000;
  await waitFor(() => performance.now() > until);
  expect([crashes, await behind()]).toEqual([[], BigInt(keys.length)]);
}, 30_000);

test('a rebalance repeats nothing of what was done, also when the group was not told yet', async () => {
  const seen: string[] = [];
  const take = ({ key, headers }: RawMessage) =>
    Promise.resolve(void seen.push(`${key ?? ''} ${headers['seq'] ?? ''}`));
  await beats(1);
  await start(take, { commitEveryMs: 600_000 });
  await waitFor(() => seen.length === keys.length);
  await start(take, { commitEveryMs: 600_000 });
  await beats(2);
  await waitFor(() => seen.filter(one => one.endsWith(' 2')).length >= keys.length, { timeoutMs: 20_000 });
  expect(seen.toSorted()).toEqual([1, 2].flatMap(seq => keys.map(key => `${key} ${seq}`)).toSorted());
}, 40_000);

test('a consumer that is stopped before it could join ends, and joins no more', async () => {
  const consumer = createConsumer({
    ...{ brokers, groupId: group, topics: [`${topic}.missing`], fromBeginning: true, log, drainMs: 100 },
    ...{ eachMessage: () => Promise.resolve(), onCrash: () => undefined },
  });
  const started = consumer.start();
  await consumer.stop();
  await started;
  expect(() => {
    consumer.ready();
  }).toThrow('not in group');
}, 20_000);
