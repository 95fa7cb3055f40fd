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

test.each([
  ['READ_DATABASE_URL', 'the reader of the read database reads every part of it and writes none', '42501'],
  ['READ_SYNC_DATABASE_URL', 'the writer of the read database writes every part of it', undefined],
])('%s: %s', async (url, _, refused) => {
  const client = new pg.Client({ connectionString: testEnv(url) });
  await client.connect();
  try {
    for (const table of ['catalogue.offers', 'geo.hubs', 'roads.edges', 'stats.mv_seller_ranking']) {
      await client.query(`select count(*) from ${table}`);
      const removal = client.query(`delete from ${table} where false`);
      if (refused === undefined) await removal;
      else await expect(removal).rejects.toMatchObject({ code: refused });
    }
    await client.query('select count(*) from offers');
    const books = client.query('select count(*) from sync.rebuilds');
    if (refused === undefined) await books;
    else await expect(books).rejects.toMatchObject({ code: refused });
    await expect(client.query('create table stats.mine ()')).rejects.toMatchObject({ code: '42501' });
  } finally {
    await client.end();
  }
});
