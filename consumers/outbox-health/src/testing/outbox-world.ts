import { createPool, sqlOfPool, withTransaction, type Sql } from '@waygraph/kit/database';
import { publish, type OutboxRow } from '@waygraph/kit/outbox';
import { closeDatabase, ensureDatabase, ensureRole, openSchema, openTables } from '@waygraph/sql/access';
import { migrate } from '@waygraph/sql/migrate';
import { openOutboxes } from '@waygraph/sql/outbox-access';
import { ensurePublication, ensureSlot } from '@waygraph/sql/replication';
import { startCluster, type Cluster } from '@waygraph/sql/testing/cluster';
import pg from 'pg';
import { openPlace } from '../place.ts';

const schemas = ['orders', 'payments', 'cdc'];
const logins = ['orders', 'payments', 'cdc', 'outbox_health'];

/** A PostgreSQL server of a test's own with the outboxes of two services, as provisioning leaves it; slots may be broken here. */
export async function openOutboxWorld() {
  const cluster = await startCluster();
  try {
    return await openWorld(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function openWorld(cluster: Cluster) {
  const address = { host: '127.0.0.1', port: cluster.port };
  const admin = { ...address, user: 'waygraph', password: 'waygraph' };
  const first = new pg.Client({ ...admin, database: 'postgres' });
  await first.connect();
  for (const user of logins)
    await ensureRole(first, { user, password: user }, /cdc|health/.test(user) ? 'replication' : '');
  await ensureDatabase(first, 'command');
  await first.end();

  const client = new pg.Client({ ...admin, database: 'command' });
  client.on('error', () => undefined);
  await client.connect();
  const quiet = () => undefined;
  for (const schema of schemas) {
    await migrate(client, { from: 'service', schema, ledger: 'messaging_migrations' }, quiet);
    if (schema === 'cdc') await migrate(client, { from: schema, schema, ledger: 'schema_migrations' }, quiet);
  }
  await closeDatabase(client, 'command', logins);
  for (const schema of schemas)
    await openSchema(client, { schema, login: { user: schema, password: schema } }, 'command');
  await openOutboxes(client, 'outbox_health', schemas);
  const tables = schemas.flatMap(schema => [`${schema}.outbox`, `${schema}.outbox_again`]);
  await openTables(client, 'cdc', tables);
  await ensurePublication(client, 'outbox', tables, { insertsOnly: true }, quiet);
  await ensureSlot(client, 'outbox', quiet);

  const url = (user: string) => `postgres://${user}:${user}@127.0.0.1:${String(cluster.port)}/command`;
  const pools = Object.fromEntries(
    ['orders', 'payments'].map(name => [name, createPool({ url: url(name), max: 4, name })]),
  );
  const place = openPlace(url('outbox_health'));
  const adminSql: Sql = async <Row>(text: string, params: readonly unknown[] = []) =>
    (await client.query(text, [...params])).rows as Row[];
  const poolOf = (service: 'orders' | 'payments') => pools[service] as pg.Pool;

  return {
    ...address,
    place,
    tables,
    admin: adminSql,
    sqlOf: (service: 'orders' | 'payments') => sqlOfPool(poolOf(service)),
    poolOf,
    /** Writes events as the service does, in one transaction; gives their ids. */
    publish: (service: 'orders' | 'payments', rows: readonly OutboxRow[]) =>
      withTransaction(poolOf(service), sql => publish(sql, rows)),
    async dispose() {
      await Promise.all([place.pool, ...Object.values(pools)].map(pool => pool.end()));
      await client.end();
      await cluster.stop();
    },
  };
}

export type OutboxWorld = Awaited<ReturnType<typeof openOutboxWorld>>;
