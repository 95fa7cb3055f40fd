import { createPool, sqlOfPool, withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import type { ServiceName } from '@waygraph/schema/services';
import { migrate } from '../migrate.ts';

export type OwnDatabase = {
  readonly pool: Pool;
  readonly sql: Sql;
  /** Of its owner, in the service's schema. */
  readonly url: string;
  /** In a transaction of its own, as a consumer runs a handler's effect. */
  readonly finish: (work: (sql: Sql) => Promise<unknown>) => Promise<void>;
  dispose(): Promise<void>;
};

/**
 * A service's schema in a database of its own: what a test writes there reaches no Kafka, so that no running consumer answers to
 * orders that only the test knows. `env` has the addresses where they are not in the process's own.
 */
export async function ownDatabase(
  service: ServiceName,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<OwnDatabase> {
  const setting = (variable: string): string => env[variable] ?? testEnv(variable);
  const name = uniqueId(service).replaceAll('-', '_');
  const admin = new URL(setting(`${service.toUpperCase()}_DATABASE_URL`));
  admin.username = setting('POSTGRES_ADMIN_USER');
  admin.password = setting('POSTGRES_ADMIN_PASSWORD');
  const server = createPool({ url: admin.href, max: 1, name: `${service}-test` });
  await server.query(`create database ${name}`);

  admin.pathname = `/${name}`;
  const empty = createPool({ url: admin.href, max: 1, name: `${service}-test` });
  const client = await empty.connect();
  for (const [from, ledger] of [
    ['service', 'messaging_migrations'],
    [service, 'schema_migrations'],
  ] as const)
    await migrate(client, { from, schema: service, ledger }, () => undefined);
  client.release();
  await empty.end();

  admin.searchParams.set('options', `-c search_path=${service}`);
  const pool = createPool({ url: admin.href, max: 12, name: `${service}-test` });
  return {
    pool,
    sql: sqlOfPool(pool),
    url: admin.href,
    finish: async work => {
      await withTransaction(pool, work);
    },
    dispose: async () => {
      await pool.end();
      await server.query(`drop database ${name} with (force)`);
      await server.end();
    },
  };
}
