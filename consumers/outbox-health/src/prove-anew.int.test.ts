import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAdmin, type KafkaAdmin } from '@waygraph/kit/kafka-admin';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { createLog } from '@waygraph/kit/log';
import { createTestProducer } from '@waygraph/kit/testing/producer';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { createEventLog, type EventLog } from './event-log.ts';
import { LogCut } from './log-cut.ts';
import { createReconciler } from './reconcile.ts';
import { openOutboxWorld, type OutboxWorld } from './testing/outbox-world.ts';

const brokers = testEnv('KAFKA_BROKERS').split(',');
const log = createLog('test', 'silent');
const topic = uniqueId('anew');
let world: OutboxWorld;
let admin: KafkaAdmin;
let producer: Awaited<ReturnType<typeof createTestProducer>>;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  admin = await createAdmin({ brokers, name: 'anew-test', log });
  producer = await createTestProducer(brokers);
  world = await openOutboxWorld();
  await makeTopic();
}, 60_000);

afterAll(async () => {
  await Promise.all(stops.map(stop => stop()));
  await producer.deleteTopic(topic);
  await producer.stop();
  await admin.stop();
  await world.dispose();
});

const makeTopic = () => admin.createTopics([{ name: topic, partitions: 1, config: {} }]);
/** Kafka goes on deleting for a moment after it has said that it did. */
const makeTopicAnew = async () => {
  await producer.deleteTopic(topic);
  await waitFor(async () => (await makeTopic()).length > 0, { what: 'the topic to be made anew', timeoutMs: 20_000 });
};
const start = () => {
  const eventLog = createEventLog({ brokers, topics: [topic], log });
  stops.push(() => eventLog.stop());
  return createReconciler({ places: [world.place], eventLog, topics: [topic], log });
};
const write = (key: string, count: number) =>
  world.publish(
    'orders',
    Array.from({ length: count }, (_, at) => ({ topic, key, type: 'T', v: 1, seq: at + 1, payload: {} })),
  );
const send = (key: string, ids: readonly string[]) =>
  producer.send(topic, ...ids.map((id, at) => ({ id, key, seq: at + 1, payload: {} })));
const confirm = () => world.admin(`select pg_replication_slot_advance('outbox', pg_current_wal_insert_lsn())`);
const again = async () =>
  (await world.admin<{ id: string }>('select id from orders.outbox_again where repair order by n')).map(({ id }) => id);
const forget = () =>
  world.admin('delete from cdc.outbox_position; truncate orders.outbox, orders.outbox_again, payments.outbox');

/** Rounds fail while the topic is away. */
const roundsUntil = (isSo: () => boolean, proof: ReturnType<typeof start>) =>
  waitFor(
    async () => {
      await proof.round().catch(() => undefined);
      return isSo();
    },
    { what: 'the proof to get there', timeoutMs: 20_000 },
  );

test('events that were proven are published again when their topic was made anew while nobody looked', async () => {
  const before = start();
  const ids = await write('a', 2);
  await send('a', ids);
  await before.round();
  await before.round();
  expect(before.counts()).toMatchObject({ matched: 2, missing: 0 });
  await before.save();

  await makeTopicAnew();
  const later = await write('b', 5);
  await send('b', later); // more than there were: only the records themselves tell

  const after = start();
  await expect(after.round()).rejects.toThrow(LogCut);
  await confirm();
  await roundsUntil(() => after.counts().republished > 0, after);
  expect(await again()).toEqual(ids);
  expect(after.counts()).toMatchObject({ cuts: 1, missing: 2, matched: 5 });
  await send('a', ids);
  await after.round();
  expect(after.sizes()).toEqual({ rows: 0, records: 0 });
  await after.save();
  // Once more from there, and nothing is found.
  const next = start();
  await next.round();
  expect(next.counts()).toMatchObject({ cuts: 0, missing: 0 });
  await next.save();
});

test('so they are when that happens while they are being proven', async () => {
  await forget();
  const proof = start();
  const ids = await write('c', 3);
  await send('c', ids);
  await proof.round();
  await proof.round();
  expect(proof.sizes()).toEqual({ rows: 0, records: 0 });

  await makeTopicAnew();
  await roundsUntil(() => proof.counts().cuts > 0, proof);
  await confirm();
  await roundsUntil(() => proof.counts().republished > 0, proof);
  expect(await again()).toEqual(ids);
});

/** A log that holds these records and has no limits of its own. */
function givenLog(ids: readonly string[]): EventLog {
  const records = ids.map((id, at): RawMessage => {
    const place = { topic, partition: 0, offset: String(at) };
    return { ...place, key: 'k', value: '{}', timestampMs: 0, headers: { id, occurredUs: '0' } };
  });
  let at = 0;
  return {
    ...{ open: () => Promise.resolve(), startAt: () => Promise.resolve(), stop: () => Promise.resolve() },
    ends: () => Promise.resolve({ [topic]: [records.length] }),
    offsetsAt: () => Promise.resolve({ [topic]: [0] }),
    ...{ positions: () => ({ [topic]: [at] }), lastRecords: () => ({}) },
    readOn: (onRecord, most) => {
      const part = records.slice(at, at + most);
      part.forEach(onRecord);
      at += part.length;
      return Promise.resolve(at === records.length);
    },
    has: wanted => at >= (wanted[topic]?.[0] ?? 0),
  };
}

test('of a hundred thousand events that lie on the log in quite another order, none is taken as missing', async () => {
  await forget();
  const each = 50_000;
  for (const schema of ['orders', 'payments'])
    await world.admin(
      `insert into ${schema}.outbox (id, topic, key, type, seq, payload, tx)
       select gen_random_uuid(), $1, 'k', 'T', n, '{}', 1 + n / 200
       from generate_series(1, ${String(each)}) as n`,
      [topic],
    );
  const rows = await world.admin<{ id: string }>(
    'select id from (select id, seq from orders.outbox union all select id, seq from payments.outbox) t order by seq desc',
  );
  await confirm();
  const eventLog = givenLog(rows.map(({ id }) => id));
  const proof = createReconciler({ places: [world.place], eventLog, topics: [topic], log });
  for (let rounds = 0; rounds < 15; rounds += 1) {
    await proof.round();
    expect(proof.sizes().records).toBeLessThanOrEqual(50_000);
  }
  expect(proof.counts()).toMatchObject({ rows: 2 * each, matched: 2 * each, missing: 0, republished: 0, strangers: 0 });
  expect(proof.sizes()).toEqual({ rows: 0, records: 0 });
}, 60_000);

test('a row that leads to no topic holds the proof up, and is not published again and again', async () => {
  await forget();
  const proof = createReconciler({ places: [world.place], eventLog: givenLog([]), topics: [topic], log });
  await proof.round();
  await world.publish('orders', [{ topic: 'nowhere', key: 'k', type: 'T', v: 1, seq: 1, payload: {} }]);
  await confirm();
  for (let rounds = 0; rounds < 3; rounds += 1) await proof.round();
  const [row] = await world.admin<{ tx: string }>(`select tx from orders.outbox where topic = 'nowhere'`);
  expect(proof.provenBelow(world.place)).toBe(Number(row?.tx));
  expect(proof.counts()).toMatchObject({ elsewhere: 1, missing: 0, republished: 0 });
});
