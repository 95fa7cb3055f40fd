import { beforeAll, expect, test } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentShop, sampleShop } from './sample-shop.ts';
import type { SampleShop } from './sample-shop.ts';
import { sampleLines } from './show.ts';
import { readStreets } from './streets.ts';

const root = join(import.meta.dirname, '../../..');

let shop: SampleShop;
beforeAll(async () => {
  shop = sampleShop({ ...currentShop, streets: await readStreets() });
});

test('what is shown is enough to buy as a customer and to act as the seller', () => {
  const shown = sampleLines(shop).join('\n');
  const [productId = ''] = /productId: "([^"]+)"/.exec(shown)?.slice(1) ?? [];
  const sellers = shop.offers.filter(offer => offer.productId === productId).map(({ sellerId }) => sellerId);
  expect(sellers.length).toBeGreaterThanOrEqual(2);
  for (const id of [...sellers, 'customer-0001', 'BEMVINDO10']) expect(shown).toContain(id);
});

test('ids in the README and in the examples of GraphiQL are those of the sample shop, and are shown', () => {
  const files = ['README.md', 'schema/example.graphql', ...globSync('schema/examples/*.graphql', { cwd: root })];
  const text = files.map(file => readFileSync(join(root, file), 'utf8')).join('\n');
  const ids = new Set(text.match(/019b76da-[0-9a-f-]{27}/g));
  expect(ids.size).toBeGreaterThan(0);
  const shown = sampleLines(shop).join('\n');
  expect([...ids].filter(id => !shown.includes(id))).toEqual([]);
});
