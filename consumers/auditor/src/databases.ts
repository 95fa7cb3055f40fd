import { createPool, sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import { serviceNames, type ServiceName } from '@waygraph/schema/services';

/** What the auditor reads: each service's schema through the service's own URL, and the read database. */
export type DatabaseName = ServiceName | 'read';
export type DatabaseUrls = Readonly<Record<DatabaseName, string>>;
export type Databases = Readonly<Record<DatabaseName, Sql>>;

export const databaseNames: readonly DatabaseName[] = [...serviceNames, 'read'];

/** Whoever only looks must not be able to change anything, whatever the login may. */
function readOnly(url: string): string {
  const own = new URL(url);
  const given = own.searchParams.get('options') ?? '';
  own.searchParams.set('options', `${given} -c default_transaction_read_only=on`.trim());
  return own.href;
}

/** One connection to each database. */
export function openDatabases(urls: DatabaseUrls): { databases: Databases; pools: Pool[]; close: () => Promise<void> } {
  const opened = databaseNames.map(
    name =>
      [name, createPool({ url: readOnly(urls[name]), max: 1, name: 'auditor', statementTimeoutMs: 60_000 })] as const,
  );
  const pools = opened.map(([, pool]) => pool);
  return {
    databases: Object.fromEntries(opened.map(([name, pool]) => [name, sqlOfPool(pool)])) as Databases,
    pools,
    close: async () => {
      await Promise.all(pools.map(pool => pool.end()));
    },
  };
}
