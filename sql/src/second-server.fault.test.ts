import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { serviceNames } from '@waygraph/schema/services';
import { connectorsOf } from '@waygraph/stack/connectors';
import { ensureHeartbeatTopics } from '@waygraph/stack/topics';
import pg from 'pg';
import { provision, type CommandServer } from './provision.ts';
import { startCluster, type Cluster } from './testing/cluster.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const connect = (resource: string, init: RequestInit = {}) =>
  fetch(`${testEnv('CONNECT_URL')}/connectors/${resource}`, {
    ...init,
    headers: { 'content-type': 'application/json' },
  });

let clusters: Cluster[] = [];
let servers: CommandServer[] = [];
let env: Record<string, string> = {};
let readSync: ChildProcess | undefined;
const clients: pg.Client[] = [];

async function login(url: string | undefined): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  clients.push(client);
  await client.connect();
  return client;
}

// Two servers of its own, so that nothing is changed at the stack's; only Connect, Kafka and the read database are shared.
beforeAll(async () => {
  clusters = await Promise.all([startCluster(), startCluster()]);
  const [home = 0, second = 0] = clusters.map(({ port }) => port);
  const command = (name: string, port: number) => `postgres://${name}:${name}@127.0.0.1:${String(port)}/command`;
  env = {
    ...Object.fromEntries(
      serviceNames.map(name => [
        `${name.toUpperCase()}_DATABASE_URL`,
        command(name, name === 'inventory' ? second : home),
      ]),
    ),
    CDC_DATABASE_URL: command('cdc', home),
    READ_DATABASE_URL: `postgres://reader:reader@127.0.0.1:${String(home)}/read`,
  };
  ({ servers } = await provision(env, () => undefined));
}, 60_000);

afterAll(async () => {
  await Promise.all(['outbox-2', 'tables-2'].map(name => connect(name, { method: 'DELETE' })));
  readSync?.kill('SIGTERM');
  await Promise.all(clients.map(client => client.end().catch(() => undefined)));
  await Promise.all(clusters.map(cluster => cluster.stop()));
}, 60_000);

test('configuration alone moves a service: its schema is on the second server, the others are not', async () => {
  expect(servers.map(({ index, schemas, slots, slotSuffix }) => ({ index, schemas, slots, slotSuffix }))).toEqual([
    {
      index: 1,
      schemas: ['orders', 'payments', 'routing', 'risk', 'cdc'],
      slots: { outbox: 'outbox', tables: 'tables' },
      slotSuffix: '',
    },
    { index: 2, schemas: ['inventory', 'cdc'], slots: { outbox: 'outbox_2', tables: 'tables_2' }, slotSuffix: '-2' },
  ]);
  expect(servers.map(({ capturedTables }) => capturedTables)).toEqual([
    ['routing.deliveries', 'cdc.beats'],
    ['inventory.sellers', 'inventory.products', 'inventory.stock', 'cdc.beats'],
  ]);
  const inventory = await login(env['INVENTORY_DATABASE_URL']);
  await inventory.query('select count(*) from stock');
  await expect(inventory.query('select 1 from cdc.outbox')).rejects.toMatchObject({ code: '42501' });
  await expect(inventory.query('select 1 from orders.outbox')).rejects.toMatchObject({ code: '42P01' });
  const orders = new URL(env['ORDERS_DATABASE_URL'] ?? '');
  orders.port = new URL(env['INVENTORY_DATABASE_URL'] ?? '').port;
  await expect(login(orders.href)).rejects.toMatchObject({ code: '28P01' });
});

test('a server keeps its number, and with it its slots, whatever moves later', async () => {
  const later = {
    ...env,
    PAYMENTS_DATABASE_URL: (env['INVENTORY_DATABASE_URL'] ?? '').replaceAll('inventory', 'payments'),
  };
  const moved = await provision(later, () => undefined);
  expect(moved.servers.map(({ index, schemas }) => [index, schemas])).toEqual([
    [1, ['orders', 'routing', 'risk', 'cdc']],
    [2, ['payments', 'inventory', 'cdc']],
  ]);
  ({ servers } = await provision(env, () => undefined));
}, 30_000);

test('rows written there reach the read database through connectors of their own', async () => {
  const second = servers[1];
  if (second === undefined) throw new Error('no second server');
  await ensureHeartbeatTopics(testEnv('KAFKA_BROKERS').split(','), ['outbox-2', 'tables-2']);
  for (const { name, config } of connectorsOf(second))
    expect((await connect(`${name}/config`, { method: 'PUT', body: JSON.stringify(config) })).ok).toBe(true);
  // Joins the group of one that runs already, if it does.
  readSync = spawn(process.execPath, [path.join(repository, 'consumers/read-sync/src/main.ts')], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      READ_DATABASE_URL: testEnv('READ_SYNC_DATABASE_URL'),
      READ_SYNC_PORT: '0',
      LOG_LEVEL: 'silent',
    },
    stdio: 'ignore',
  });

  const [product, seller] = [uniqueId('product'), uniqueId('seller')];
  const inventory = await login(env['INVENTORY_DATABASE_URL']);
  await inventory.query(
    `insert into products (id, name, price_minor, currency) values ($1, 'Erva-mate', 1990, 'BRL')`,
    [product],
  );
  await inventory.query(
    `insert into sellers (id, name, city, state, lat, lon) values ($1, 'Sul', 'Porto Alegre', 'RS', -30, -51)`,
    [seller],
  );
  await inventory.query(
    'insert into stock (product_id, seller_id, offer_id, available, received) values ($1, $2, $3, 7, 7)',
    [product, seller, uniqueId('offer')],
  );

  const read = await login(testEnv('READ_DATABASE_URL'));
  const row = await waitFor(
    async () =>
      (
        await read.query(
          'select o.available, p.name from catalogue.offers o join catalogue.products p on p.id = o.product_id where o.seller_id = $1',
          [seller],
        )
      ).rows[0] as unknown,
    { timeoutMs: 60_000, what: 'the row of the second server in the read database' },
  );
  expect(row).toEqual({ available: 7, name: 'Erva-mate' });
}, 90_000);
