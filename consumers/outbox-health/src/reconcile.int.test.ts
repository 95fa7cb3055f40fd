import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAdmin, type KafkaAdmin } from '@waygraph/kit/kafka-admin';
import { createLog } from '@waygraph/kit/log';
import { withTransaction } from '@waygraph/kit/database';
import { publish } from '@waygraph/kit/outbox';
import { createTestProducer } from '@waygraph/kit/testing/producer';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { createEventLog } from './event-log.ts';
import { createReconciler } from './reconcile.ts';
import { openOutboxWorld, type OutboxWorld } from './testing/outbox-world.ts';

const brokers = testEnv('KAFKA_BROKERS').split(',');
const log = createLog('test', 'silent');
const topic = uniqueId('proof');
let world: OutboxWorld;
let admin: KafkaAdmin;
let producer: Awaited<ReturnType<typeof createTestProducer>>;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  admin = await createAdmin({ brokers, name: 'proof-test', log });
  await admin.createTopics([{ name: topic, partitions: 2, config: {} }]);
  producer = await createTestProducer(brokers);
  world = await openOutboxWorld();
}, 60_000);

afterAll(async () => {
  await Promise.all(stops.map(stop => stop()));
  await producer.deleteTopic(topic);
  await producer.stop();
  await admin.stop();
  await world.dispose();
});

const start = () => {
  const eventLog = createEventLog({ brokers, topics: [topic], log });
  stops.push(() => eventLog.stop());
  return createReconciler({ places: [world.place], eventLog, topics: [topic], log });
};
const event = (seq: number, key: string) => ({ topic, key, type: 'T', v: 1, seq, payload: { seq } });
const write = (key: string, ...seqs: number[]) =>
  world.publish(
    'orders',
    seqs.map(seq => event(seq, key)),
  );
/** What the connector would do with these rows. */
const send = (key: string, ids: readonly string[], from = 1) =>
  producer.send(topic, ...ids.map((id, at) => ({ id, key, seq: from + at, payload: {} })));
/** The connector says that it has published everything. */
const confirm = () => world.admin(`select pg_replication_slot_advance('outbox', pg_current_wal_insert_lsn())`);
const again = () =>
  world.admin<{ id: string; topic: string; key: string; seq: string; repair: boolean }>(
    'select id, topic, key, seq, repair from orders.outbox_again order by n',
  );

test('what is on both sides is paired, whichever comes first, and nothing is published again', async () => {
  const proof = start();
  await proof.round();
  const ids = await write('a', 1, 2, 3);
  await proof.round();
  expect(proof.sizes()).toEqual({ rows: 3, records: 0 });
  await send('a', ids);
  await confirm();
  await proof.round();
  expect(proof.sizes()).toEqual({ rows: 0, records: 0 });

  // A transaction that is still open hides rows that are committed: their records come first.
  const [holding, hold] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holder = withTransaction(world.poolOf('payments'), async sql => {
    await publish(sql, [event(1, 'b')]);
    holding.resolve();
    await hold.promise;
  });
  await holding.promise;
  await send('c', await write('c', 1));
  await proof.round();
  await proof.round();
  expect(proof.sizes()).toEqual({ rows: 0, records: 1 });
  hold.resolve();
  await holder;
  await proof.round();
  expect(proof.sizes()).toEqual({ rows: 1, records: 0 });
  const [open] = await world.admin<{ id: string }>(`select id from payments.outbox where key = 'b'`);
  await send('b', [open!.id]);
  await proof.round();
  expect(proof.counts()).toMatchObject({ matched: 5, missing: 0, republished: 0, duplicates: 0, strangers: 0 });
  expect(await again()).toEqual([]);
  await proof.save();
});

test('an event that the connector left behind is published again under its own id, until it is there', async () => {
  const proof = start();
  const ids = await write('d', 1, 2, 3);
  await send('d', [ids[0]!]);
  await send('d', [ids[2]!], 3);
  await proof.round();
  await proof.round();
  expect(await again()).toEqual([]); // the connector may still come to it
  await confirm();
  await proof.round();
  expect(await again()).toEqual([{ id: ids[1], topic, key: 'd', seq: '2', repair: true }]);
  await proof.round();
  expect(await again()).toHaveLength(1);

  await confirm(); // lost once more
  await proof.round();
  expect(await again()).toHaveLength(2);
  await send('d', [ids[1]!], 2);
  await confirm();
  await proof.round();
  expect(proof.counts()).toMatchObject({ missing: 1, republished: 2 });
  expect(proof.sizes()).toEqual({ rows: 0, records: 0 });
  await proof.save();
});

test('whoever goes on after an end proves what was open, and counts nothing twice', async () => {
  const before = start();
  await before.round();
  const ids = await write('e', 1, 2);
  await send('e', [ids[0]!]);
  await before.round();
  await before.save(); // 1 is paired, 2 is open

  const after = start();
  await after.round();
  expect(after.sizes().rows).toBe(1);
  await send('e', [ids[1]!], 2);
  await confirm();
  await after.round();
  await after.round();
  expect(after.counts()).toMatchObject({ missing: 0, republished: 0, duplicates: 0, strangers: 0 });
  expect(after.sizes()).toEqual({ rows: 0, records: 0 });
  await after.save();
});

test('repeats and strangers on the log are counted, and gaps among the numbers of a key', async () => {
  const proof = start();
  const ids = await write('f', 1, 2, 4);
  await send('f', [ids[0]!, ids[1]!, ids[1]!]);
  await send('f', [ids[2]!], 4);
  await producer.send(topic, { key: 'x', seq: 1, payload: {} });
  for (let n = 0; n < 3; n += 1) await proof.round();
  expect(proof.counts()).toMatchObject({ duplicates: 1, strangers: 1, gaps: 1, missing: 0 });
  await proof.save();
});

test('what somebody publishes again on purpose is proven too', async () => {
  const proof = start();
  const [id] = await write('g', 1);
  await world.sqlOf('orders')(
    `insert into outbox_again (id, topic, key, type, v, seq, payload, occurred_us)
     select id, topic, key, type, v, seq, '{"edited": true}', occurred_us from outbox where id = $1`,
    [id],
  );
  await send('g', [id!]);
  await confirm();
  await proof.round();
  const repairs = await world.admin<{ payload: unknown }>(
    'select payload from orders.outbox_again where id = $1 and repair',
    [id],
  );
  expect(repairs).toEqual([{ payload: { edited: true } }]);
  await send('g', [id!]);
  await proof.round();
  await proof.round();
  expect(proof.sizes().rows).toBe(0);
  expect(proof.counts()).toMatchObject({ duplicates: 0 });
  await proof.save();
});

test('a partition may go once everything in it is proven', async () => {
  const proof = start();
  const ids = await write('h', 1, 2);
  await send('h', [ids[0]!]);
  await proof.round();
  const txOf = async () =>
    Number((await world.admin<{ tx: string }>(`select max(tx) as tx from orders.outbox where key = 'h'`))[0]?.tx);
  expect(proof.provenBelow(world.place)).toBe(await txOf());
  await send('h', [ids[1]!], 2);
  await proof.round();
  expect(proof.provenBelow(world.place)).toBeGreaterThan(await txOf());
  await proof.save();
});

test('ten thousand events are proven from the beginning on without a saved position, none published again', async () => {
  await world.admin('delete from cdc.outbox_position; truncate orders.outbox_again');
  for (let n = 0; n < 10; n += 1) {
    const ids = await write(`many-${String(n)}`, ...Array.from({ length: 1_000 }, (_, at) => at + 1));
    await send(`many-${String(n)}`, ids);
  }
  await confirm();
  const proof = start();
  await proof.round();
  await proof.round();
  expect(proof.sizes()).toEqual({ rows: 0, records: 0 });
  expect(proof.counts()).toMatchObject({ missing: 0, republished: 0 });
  expect(proof.counts().matched).toBeGreaterThan(10_000);
});
