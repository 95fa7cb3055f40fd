import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { createPool, sqlOfPool } from './database.ts';
import { createEventConsumer, on, type EventHandler } from './event-consumer.ts';
import { createConsumer } from './kafka.ts';
import { createAdmin, type KafkaAdmin } from './kafka-admin.ts';
import type { KafkaConsumer } from './consumer-port.ts';
import { createLog } from './log.ts';
import { createTestProducer } from './testing/producer.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const brokers = testEnv('KAFKA_BROKERS').split(',');
const log = createLog('storm', 'silent');
const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 16, name: 'storm-test' });
const sql = sqlOfPool(pool);
const topic = uniqueId('storm.events');
const largeTopic = uniqueId('large.events');
/** Beats on a topic of the test's own. */
const beatOn = (name: string) => ({ ...CanaryBeat, topic: name as 'canary' });
const at = '2026-11-21T09:30:00.000Z';
const running: KafkaConsumer[] = [];
let admin: KafkaAdmin;
let producer: Awaited<ReturnType<typeof createTestProducer>>;

beforeAll(async () => {
  admin = await createAdmin({ brokers, name: 'storm', log });
  await admin.createTopics(
    [topic, largeTopic].map(name => ({ name, partitions: 6, config: { 'max.message.bytes': '6000000' } })),
  );
  producer = await createTestProducer(brokers);
}, 20_000);
afterAll(async () => {
  await Promise.all(running.map(consumer => consumer.stop()));
  await Promise.all([producer.stop(), admin.stop(), pool.end()]);
}, 30_000);

const onCrash = (error: Error) => {
  throw error;
};
async function join(group: string, handler: EventHandler): Promise<KafkaConsumer> {
  const consumer = createEventConsumer({
    ...{ group, pool, handlers: [handler], brokers, log, onCrash, concurrency: 2, commitEveryMs: 200 },
    retries: { firstMs: 50, longestMs: 200, tries: 1_000 },
  });
  running.push(consumer);
  await consumer.start();
  return consumer;
}
const beats = (key: string, ...seqs: number[]) =>
  producer.send(topic, ...seqs.map(seq => ({ key, type: 'CanaryBeat', seq, payload: { server: key, beat: seq, at } })));

test('a storm of members that join and leave every two seconds loses nothing and doubles nothing', async () => {
  const group = uniqueId('group');
  let tries = 0;
  // Every seventh try fails for a passing reason, so that events wait and are taken over as well.
  const effect = on(beatOn(topic), async ({ server, beat }, tx) => {
    if ((tries += 1) % 7 === 0) throw Object.assign(new Error('away'), { retryable: true });
    await tx(
      `insert into idempotency (subject, operation, key, request_hash, created_at) values ($1, $2, $3, '', clock_timestamp())`,
      [group, server, String(beat)],
    );
  });
  const stays = await join(group, effect);
  const keys = Array.from({ length: 20 }, () => uniqueId('key'));
  const rounds = 5;
  let sent = 0;
  for (let round = 0; round < rounds; round += 1) {
    const passing = await join(group, effect);
    const until = performance.now() + 2_000;
    while (performance.now() < until) {
      sent += 1;
      for (const key of keys) await beats(key, sent);
    }
    await passing.stop();
  }
  const seqs = Array.from({ length: sent }, (_, n) => String(n + 1));
  const effects = async (key: string) =>
    (
      await sql<{ key: string }>(
        'select key from idempotency where subject = $1 and operation = $2 order by created_at',
        [group, key],
      )
    ).map(row => row.key);
  await waitFor(async () => (await Promise.all(keys.map(effects))).every(own => own.length >= sent), {
    ...{ what: 'every event', timeoutMs: 60_000, intervalMs: 200 },
  });
  // The table refuses a second effect, and whoever was refused would be a dead letter.
  for (const key of keys) expect(await effects(key)).toEqual(seqs);
  expect(await sql('select from dead_letters where consumer_group = $1', [group])).toEqual([]);
  expect(await sql('select from parked where consumer_group = $1', [group])).toEqual([]);
  await waitFor(async () => (await admin.behind(group, await admin.ends([topic]))) === 0n, { what: 'all committed' });
  // The last who left may just have had everybody join anew.
  await waitFor(() => (stays.ready(), true), { what: 'the one that stayed to be ready', timeoutMs: 20_000 });
}, 120_000);

test('a record of 5 MB that is no event is a dead letter, and the consumer goes on', async () => {
  const [group, key] = [uniqueId('group'), uniqueId('key')];
  const seen: string[] = [];
  await join(
    group,
    on(beatOn(largeTopic), ({ server }) => Promise.resolve(seen.push(server))),
  );
  const other = uniqueId('other');
  await producer.send(largeTopic, { key, type: 'CanaryBeat', seq: 1, payload: { text: 'x'.repeat(5_000_000) } });
  await producer.send(largeTopic, { key: other, type: 'CanaryBeat', seq: 1, payload: { server: other, beat: 1, at } });
  await waitFor(() => seen.includes(other), { what: 'the other key', timeoutMs: 30_000 });
  await waitFor(async () => (await sql('select from dead_letters where key = $1', [key])).length === 1);
}, 60_000);

test('a consumer with work of which none gets done ends its process', async () => {
  const crash = Promise.withResolvers<Error>();
  const gate = Promise.withResolvers<void>();
  const consumer = createConsumer({
    ...{ brokers, groupId: uniqueId('group'), topics: [topic], fromBeginning: true, log, longestStandstillMs: 300 },
    onCrash: crash.resolve,
    eachMessage: () => gate.promise,
  });
  await beats(uniqueId('key'), 1);
  await consumer.start();
  expect((await crash.promise).message).toMatch(/^\d+ records wait and none gets done$/);
  gate.resolve();
  await consumer.stop();
}, 30_000);
