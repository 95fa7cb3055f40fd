import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { loadGeography } from './load-geography.ts';
import { loadSampleShop } from './load.ts';
import { createReadParts } from './parts.ts';
import { currentShop, type SampleShop } from './sample-shop.ts';

const url = testEnv('READ_SYNC_DATABASE_URL');
const pool = createPool({ url, max: 1, name: 'test' });
const read = sqlOfPool(pool);
const name = uniqueId('shop');
const shop = {
  ...{ version: 1, products: [], offers: [], customers: [], coupons: [] },
  sellers: Array.from({ length: 20 }, (_, index) => ({ id: `${name}-s${String(index)}` })),
} as unknown as SampleShop;

afterAll(async () => {
  await read('delete from stats.seller_handling where seller_id like $1', [`${name}-%`]);
  await read('delete from idempotency where subject = $1', [name]);
  await pool.end();
});

const count = async (from: string) => (await read<{ n: number }>(`select count(*)::int as n from ${from}`))[0]?.n ?? 0;

test('roads, places and figures are loaded once, with a line for each city', async () => {
  const said: string[] = [];
  const load = () =>
    loadSampleShop({
      ...{ name, version: 1, shop: () => Promise.resolve(shop), parts: createReadParts(url, currentShop.seed) },
      say: line => said.push(line),
    });
  await load();
  expect(said.filter(line => /^roads: (Porto Alegre|São Paulo), \d+ crossings, \d+ roads$/.test(line))).toHaveLength(2);
  expect(await count(`roads.edges where network = 'RS Porto Alegre'`)).toBeGreaterThan(5_000);
  expect(await count(`roads.edges where network = 'SP São Paulo'`)).toBeGreaterThan(3_000);
  expect(await count('geo.hubs')).toBeGreaterThanOrEqual(27);
  expect(await count('stats.lanes')).toBeGreaterThanOrEqual(729);
  said.length = 0;
  await load();
  expect(said.toSorted()).toEqual([
    'geography: the sample shop is there (version 1)',
    'roads: the sample shop is there (version 1)',
  ]);
}, 60_000);

test('figures that have been measured meanwhile stay', async () => {
  const mine = [`${name}-%`];
  await read('update stats.seller_handling set median_minutes = 7 where seller_id like $1', mine);
  await loadGeography(pool, currentShop.seed, shop);
  const rows = await read<{ median_minutes: number }>(
    'select distinct median_minutes from stats.seller_handling where seller_id like $1',
    mine,
  );
  expect(rows).toEqual([{ median_minutes: 7 }]);
});
