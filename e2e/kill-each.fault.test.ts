import { kill } from 'node:process';
import { createPool, type Pool } from '@waygraph/kit/database';
import { tokenFor } from '@waygraph/kit/testing/gateway-client';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readTopic } from './read-topic.ts';
import { offerKey, startStockChanges, type OfferUnderTest } from './stock-changes.ts';
import { ask, partStatus } from './support.ts';

const servers = ['postgres', 'redis', 'kafka', 'connect'];
const processes = ['gateway', 'inventory', 'payments', 'read-sync', 'orders-consumer', 'canary'];

type Row = { product_id: string; seller_id: string; available: number; version: string };
const rows = async (
  pool: Pool,
  table: string,
  offers: readonly OfferUnderTest[],
): Promise<Map<string, { available: number; version: number }>> => {
  const { rows: found } = await pool.query<Row>(
    `select product_id, seller_id, available, version from ${table} where product_id = any($1)`,
    [offers.map(offer => offer.productId)],
  );
  return new Map(
    found.map(row => [
      offerKey({ productId: row.product_id, sellerId: row.seller_id }),
      { available: row.available, version: Number(row.version) },
    ]),
  );
};

describe('killed without warning while stock changes flow', () => {
  let command: Pool;
  let read: Pool;
  let offers: OfferUnderTest[];
  let before: Map<string, { available: number; version: number }>;
  let changes: ReturnType<typeof startStockChanges>;

  beforeAll(async () => {
    command = createPool({ url: testEnv('INVENTORY_DATABASE_URL'), max: 1, name: 'kill-each' });
    read = createPool({ url: testEnv('READ_DATABASE_URL'), max: 1, name: 'kill-each' });
    const { products } = await ask<{ products: { nodes: { id: string; offers: { seller: { id: string } }[] }[] } }>(
      '{ products(first: 30) { nodes { id offers { seller { id } } } } }',
      {},
    );
    offers = products.nodes.flatMap(product =>
      product.offers.slice(0, 1).map(offer => ({ productId: product.id, sellerId: offer.seller.id })),
    );
    expect(offers.length).toBeGreaterThan(10);
    before = await rows(command, 'inventory.stock', offers);
    changes = startStockChanges(offers, await tokenFor('operator', 'kill-each', 3_600));
  }, 60_000);

  afterAll(async () => {
    await Promise.all([command.end(), read.end()]);
  });

  test.each([...servers, ...processes])(
    '%s comes back by itself and changes go on',
    async name => {
      const start = changes.count();
      await waitFor(() => changes.count() >= start + 5, {
        timeoutMs: 60_000,
        what: () => `changes before killing ${name} (${changes.lastFault()})`,
      });
      const victim = await partStatus(name);
      if (victim.pid === undefined) throw new Error(`${name} does not run`);
      kill(victim.pid, 'SIGKILL');
      await waitFor(
        async () => {
          const part = await partStatus(name);
          return part.state === 'ready' && part.pid !== victim.pid && part.restarts > victim.restarts;
        },
        { timeoutMs: 90_000, intervalMs: 200, what: `${name} to be ready again` },
      );
      const after = changes.count();
      await waitFor(() => changes.count() >= after + 5, {
        timeoutMs: 60_000,
        what: () => `changes after killing ${name} (${changes.lastFault()})`,
      });
    },
    240_000,
  );

  test('every acknowledged change stands in the books once, and in the read database once', async () => {
    await changes.stop();
    expect(changes.repeats()).toBeGreaterThan(0); // the faults were felt
    const expected = new Map(
      [...changes.acknowledged].map(([offer, sent]) => {
        const was = before.get(offer) ?? { available: 0, version: 0 };
        return [offer, { available: was.available + sent.delta, version: was.version + sent.changes }];
      }),
    );
    const only = (found: Map<string, unknown>) => new Map([...found].filter(([offer]) => expected.has(offer)).sort());
    expect(only(await rows(command, 'inventory.stock', offers))).toEqual(new Map([...expected].sort()));
    await waitFor(
      async () => {
        const found = only(await rows(read, 'catalogue.offers', offers));
        expect(found).toEqual(new Map([...expected].sort()));
        return true;
      },
      { timeoutMs: 60_000, what: 'the read database to hold every change' },
    );
  }, 120_000);

  test('every change is on the log without a gap, and a repeat carries the id of the first', async () => {
    const { rows: stock } = await command.query<{ offer_id: string; version: string }>(
      'select offer_id, version from inventory.stock where (product_id, seller_id) in (select * from unnest($1::text[], $2::text[]))',
      [offers.map(offer => offer.productId), offers.map(offer => offer.sellerId)],
    );
    const log = new Map(stock.map(row => [row.offer_id, new Map<number, Set<string>>()]));
    for (const { key, headers } of await readTopic('inventory.events')) {
      const seqs = log.get(key ?? '');
      const seq = Number(headers['seq']);
      seqs?.set(seq, (seqs.get(seq) ?? new Set()).add(headers['id'] ?? ''));
    }
    for (const { offer_id: offerId, version } of stock) {
      const seqs = log.get(offerId) ?? new Map<number, Set<string>>();
      expect([...seqs.keys()].sort((a, b) => a - b)).toEqual(
        Array.from({ length: Number(version) }, (_, at) => at + 1),
      );
      expect([...seqs.values()].map(ids => ids.size)).toEqual(Array.from(seqs, () => 1));
    }
  }, 120_000);
});
