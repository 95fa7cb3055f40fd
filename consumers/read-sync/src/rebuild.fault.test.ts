import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool, type Sql } from '@waygraph/kit/database';
import { createAdmin, type KafkaAdmin } from '@waygraph/kit/kafka-admin';
import { createConsumer, type KafkaConsumer } from '@waygraph/kit/kafka';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { createLog } from '@waygraph/kit/log';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { snapshotNotificationsTopic } from '@waygraph/schema/topics';
import { createApply } from './apply.ts';
import { rebuild } from './rebuild-tables.ts';
import { tables } from './tables.ts';

// Among the destructive tests, since it takes away what others would have put into the read database alone.
const brokers = testEnv('KAFKA_BROKERS').split(',');
const log = createLog('test', 'silent');
const pools = ['READ_SYNC_DATABASE_URL', 'CDC_DATABASE_URL', 'INVENTORY_DATABASE_URL'].map(name =>
  createPool({ url: testEnv(name), max: 2, name: 'rebuild-test' }),
);
const [read, cdc, inventory] = pools.map(sqlOfPool) as [Sql, Sql, Sql];
const group = uniqueId('rebuild');
const consumers: KafkaConsumer[] = [];
let admin: KafkaAdmin;

const onCrash = (error: Error) => {
  throw error;
};

beforeAll(async () => {
  admin = await createAdmin({ brokers, name: 'rebuild-test', log });
  const apply = createApply({ pool: pools[0] as (typeof pools)[number], tables });
  const consumer = createConsumer({
    brokers,
    groupId: group,
    topics: tables.map(({ topic }) => topic),
    fromBeginning: true,
    eachBatch: apply,
    log,
    onCrash,
  });
  consumers.push(consumer);
  await consumer.start();
}, 30_000);

afterAll(async () => {
  await Promise.all(consumers.map(consumer => consumer.stop()));
  await admin.stop();
  await Promise.all(pools.map(pool => pool.end()));
}, 30_000);

test('brings back what was lost, takes away what is gone, and nobody sees an empty table meanwhile', async () => {
  const [kept, lost, ghost] = [uniqueId('kept'), uniqueId('lost'), uniqueId('ghost')];
  for (const id of [kept, lost])
    await inventory(`insert into products (id, name, price_minor, currency) values ($1, 'x', 100, 'BRL')`, [id]);
  const ids = async () =>
    (await read<{ id: string }>('select id from products where id = any($1) order by id', [[kept, lost, ghost]])).map(
      ({ id }) => id,
    );
  await waitFor(async () => (await ids()).length === 2, {
    timeoutMs: 30_000,
    what: 'the products in the read database',
  });
  await read('delete from products where id = $1', [lost]);
  await read(
    `insert into products (id, name, price_minor, currency, version, updated_at) values ($1, 'x', 1, 'BRL', 9, now())`,
    [ghost],
  );

  let least = Infinity;
  const watching = new AbortController();
  const watch = (async () => {
    while (!watching.signal.aborted)
      least = Math.min(least, (await read<{ n: number }>('select count(*)::int as n from products'))[0]?.n ?? 0);
  })();
  const said: string[] = [];
  const follow = async (groupId: string, eachMessage: (message: RawMessage) => Promise<void>) => {
    const consumer = createConsumer({
      brokers,
      groupId,
      topics: [snapshotNotificationsTopic],
      fromBeginning: true,
      eachMessage,
      log,
      onCrash,
    });
    await consumer.start();
    return () => consumer.stop();
  };
  const swept = await rebuild({ tables, group, read, servers: [cdc], admin, follow, say: line => said.push(line) });
  watching.abort();
  await watch;

  expect(await ids()).toEqual([kept, lost].sort());
  expect(swept['catalogue.products']).toBeGreaterThanOrEqual(1);
  expect(least).toBeGreaterThan(0);
  expect(said.join('\n')).toMatch(/inventory\.products \d+ rows[^]*rebuild \d+ done/);
}, 90_000);
