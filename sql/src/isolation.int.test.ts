import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { serviceNames } from '@waygraph/schema/services';
import pg from 'pg';

const url = (service: string) => testEnv(`${service.toUpperCase()}_DATABASE_URL`);

describe.each(serviceNames)('the role of %s', service => {
  const client = new pg.Client({ connectionString: url(service) });
  const denied = (sql: string) => expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });

  beforeAll(() => client.connect());
  afterAll(() => client.end());

  test.each([...serviceNames.filter(other => other !== service), 'cdc'])(
    'cannot read or write the schema of %s',
    async other => {
      await denied(`select 1 from ${other}.outbox`);
      await denied(`insert into ${other}.inbox values ('g', gen_random_uuid())`);
      await denied(`select 1 from ${other}.schema_migrations`);
      await denied(`create table ${other}.mine ()`);
    },
  );

  test('reads and writes its own rows, but changes no table and no ledger of migrations', async () => {
    await client.query('select count(*) from outbox');
    await client.query('begin');
    await client.query(`insert into inbox values ('isolation', gen_random_uuid())`);
    await client.query('rollback');
    await denied(`create table ${service}.mine ()`);
    await denied(`alter table ${service}.inbox add column x int`);
    await denied(`delete from ${service}.messaging_migrations`);
    await denied('create table public.mine ()');
    await denied('create schema mine');
    await denied('create temporary table mine ()');
    await denied('alter publication outbox set (publish = insert)');
  });

  test('cannot enter the read database', async () => {
    const read = new URL(testEnv('READ_DATABASE_URL'));
    read.username = new URL(url(service)).username;
    read.password = new URL(url(service)).password;
    const other = new pg.Client({ connectionString: read.href });
    await expect(other.connect()).rejects.toMatchObject({ code: '42501' });
    await other.end();
  });
});

test('the reader of the read database cannot write, and sees nothing of its book-keeping', async () => {
  const client = new pg.Client({ connectionString: testEnv('READ_DATABASE_URL') });
  await client.connect();
  try {
    await client.query('select count(*) from catalogue.offers');
    await expect(client.query('delete from catalogue.offers')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('select 1 from sync.rebuilds')).rejects.toMatchObject({ code: '42501' });
  } finally {
    await client.end();
  }
});
