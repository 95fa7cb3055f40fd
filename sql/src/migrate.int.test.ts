import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import pg from 'pg';
import { migrate } from './migrate.ts';

const schema = uniqueId('migrate').replace('-', '_');
let folder = '';
let client: pg.Client;

const apply = () => migrate(client, { from: folder, schema, ledger: 'schema_migrations' }, () => undefined);
const write = (file: string, sql: string) => writeFile(path.join(folder, file), sql);

beforeAll(async () => {
  const url = new URL(testEnv('ORDERS_DATABASE_URL'));
  url.username = testEnv('POSTGRES_ADMIN_USER');
  url.password = testEnv('POSTGRES_ADMIN_PASSWORD');
  client = new pg.Client({ connectionString: url.href });
  await client.connect();
  folder = await mkdtemp(path.join(tmpdir(), 'migrate-'));
});

afterAll(async () => {
  await client.query(`drop schema if exists ${schema} cascade`);
  await client.end();
  await rm(folder, { recursive: true });
});

test('applies each file once, and names file and line of the statement that fails', async () => {
  await write('0001.do.first.sql', 'create table first (id int primary key);\ninsert into first values (1);\n');
  expect(await apply()).toBe(1);
  expect(await apply()).toBe(0);

  await write('0002.do.second.sql', '-- why\ncreate table second (id int);\n\ninsert into second\n  values (1, 2);\n');
  await expect(apply()).rejects.toThrow(/0002\.do\.second\.sql:5: INSERT has more expressions/);
  await write('0002.do.second.sql', 'create table second (id int);\n\ninsert into first values (1);\n');
  await expect(apply()).rejects.toThrow(/0002\.do\.second\.sql:3: duplicate key/);
  const { rows } = await client.query<{ there: boolean }>(
    `select to_regclass('${schema}.second') is not null as there`,
  );
  expect(rows[0]?.there).toBe(false);

  await write('0002.do.second.sql', 'create table second (id int);\n');
  expect(await apply()).toBe(1);
  await write('0001.do.first.sql', 'create table first (id bigint primary key);\n');
  await expect(apply()).rejects.toThrow(/0001\.do\.first\.sql: changed after it was applied/);
});

test('refuses a file whose name says no order', async () => {
  await write('later.sql', 'select 1');
  await expect(apply()).rejects.toThrow('a migration is named 0001.do.what-it-makes.sql');
});
