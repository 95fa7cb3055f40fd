import { createPool, type Sql } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import type { ServiceName } from '@waygraph/schema/services';

/**
 * A connection that sees empty tables of its own in place of a service's: the same columns, but nothing that would refuse what must
 * never be. They are gone with the connection, and nobody else sees them.
 */
export async function openScratchSchema(service: ServiceName): Promise<{ sql: Sql; close: () => Promise<void> }> {
  const url = new URL(testEnv(`${service.toUpperCase()}_DATABASE_URL`));
  url.username = testEnv('POSTGRES_ADMIN_USER');
  url.password = testEnv('POSTGRES_ADMIN_PASSWORD');
  const pool = createPool({ url: url.href, max: 1, name: 'scratch-schema' });
  const client = await pool.connect();
  await client.query(`
    do $$
    declare
      found record;
    begin
      for found in
        select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = '${service}' and c.relkind in ('r', 'p') and not c.relispartition
      loop
        execute format('create temp table %I (like ${service}.%I including defaults)', found.name, found.name);
      end loop;
      for found in
        select c.relname as name, a.attname as attribute from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = pg_my_temp_schema() and c.relkind = 'r' and a.attnum > 0 and a.attnotnull
      loop
        execute format('alter table pg_temp.%I alter column %I drop not null', found.name, found.attribute);
      end loop;
    end $$`);
  return {
    sql: async <Row>(text: string, params: readonly unknown[] = []) =>
      (await client.query({ text, values: [...params] })).rows as Row[],
    close: async () => {
      client.release(true);
      await pool.end();
    },
  };
}
