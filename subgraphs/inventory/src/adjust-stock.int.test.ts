import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCursor } from '@waygraph/kit/cursor';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { someCatalogue } from './testing/some-catalogue.ts';
import { startInventory, type Inventory } from './testing/start-inventory.ts';

const mutation = `mutation ($productId: ID!, $sellerId: ID!, $delta: Int!, $key: String!) {
  adjustStock(productId: $productId, sellerId: $sellerId, delta: $delta, idempotencyKey: $key) {
    offer { id available reserved version } cursor userErrors { code message field }
  }
}`;
const operator = { sub: 'op', role: 'operator' } as const;

describe('adjustStock', () => {
  let inventory: Inventory;
  const prefix = uniqueId('adj');
  const productId = `${prefix}-p000`;
  const sellerId = `${prefix}-s000`;
  const offerId = `${productId}.s000`;
  const seller = { sub: sellerId, role: 'seller' } as const;

  beforeAll(async () => {
    inventory = await startInventory();
    await inventory.load(someCatalogue(prefix, { sellers: 2 }));
  });
  afterAll(() => inventory.dispose());

  const adjust = async (
    viewer: Parameters<Inventory['ask']>[0],
    delta: number,
    key: string,
    ids = { productId, sellerId },
  ) => (await inventory.ask(viewer, mutation, { ...ids, delta, key })).data.adjustStock;
  const events = () =>
    inventory.sql<{ seq: string; payload: { delta: number; available: number } }>(
      `select seq, payload from outbox where topic = 'inventory.events' and key = $1 order by seq`,
      [offerId],
    );
  const row = async () =>
    (
      await inventory.sql('select available, reserved, sold, received, version from stock where offer_id = $1', [
        offerId,
      ])
    )[0];

  test('changes the row and tells it once, under the same version; a repeat gives the same answer and changes nothing', async () => {
    const before = (await events()).length;
    const key = uniqueId('k');
    const answer = await adjust(seller, 5, key);
    expect(answer).toMatchObject({ offer: { id: offerId, available: 15, reserved: 0, version: 2 }, userErrors: [] });
    expect(await adjust(seller, 5, key)).toEqual(answer);
    expect(await row()).toMatchObject({ available: 15, received: 15, version: '2' });
    const told = await events();
    expect(told.length).toBe(before + 1);
    expect(told.at(-1)).toMatchObject({ seq: '2', payload: { delta: 5, available: 15 } });
    expect(readCursor(answer.cursor!, seller, 'known to this test and nobody else')).toEqual({
      topic: 'inventory.events',
      key: offerId,
      seq: 2,
    });
  });

  test('refuses the same key with another change', async () => {
    const key = uniqueId('k');
    expect((await adjust(seller, 1, key)).userErrors).toEqual([]);
    expect(await adjust(seller, 2, key)).toMatchObject({
      offer: null,
      cursor: null,
      userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['idempotencyKey'] }],
    });
  });

  test('keys of two subjects do not meet', async () => {
    const key = uniqueId('k');
    expect((await adjust(seller, 1, key)).userErrors).toEqual([]);
    expect((await adjust(operator, 2, key)).userErrors).toEqual([]);
  });

  test('never takes more than there is, and the key stays free for another try', async () => {
    const before = await row();
    const key = uniqueId('k');
    expect(await adjust(seller, -1_000, key)).toMatchObject({
      offer: null,
      userErrors: [{ code: 'OUT_OF_STOCK', field: ['delta'] }],
    });
    expect(await row()).toEqual(before);
    expect((await adjust(seller, -1, key)).userErrors).toEqual([]);
  });

  test.each([
    ['a delta of nothing', 0, 'k', 'delta'],
    ['too much', 1_000_001, 'k', 'delta'],
    ['too little', -1_000_001, 'k', 'delta'],
    ['no key', 1, '', 'idempotencyKey'],
    ['a key that is too long', 1, 'k'.repeat(256), 'idempotencyKey'],
    ['a key that cannot be stored', 1, 'a\0b', 'idempotencyKey'],
    ['half a character as a key', 1, '\ud800', 'idempotencyKey'],
  ])('refuses %s, naming the field, and writes nothing', async (_, delta, key, field) => {
    const before = await Promise.all([row(), events()]);
    expect(await adjust(seller, delta, key)).toMatchObject({
      offer: null,
      userErrors: [{ code: 'INVALID_INPUT', field: [field] }],
    });
    expect(await Promise.all([row(), events()])).toEqual(before);
  });

  test.each([
    ['nobody', undefined],
    ['a customer', { sub: sellerId, role: 'customer' }],
    ['another seller', { sub: `${prefix}-s001`, role: 'seller' }],
    ['a carrier', { sub: sellerId, role: 'carrier' }],
  ] as const)('refuses %s', async (_, viewer) => {
    expect(await adjust(viewer, 1, uniqueId('k'))).toMatchObject({
      offer: null,
      cursor: null,
      userErrors: [{ code: 'FORBIDDEN' }],
    });
  });

  test('says when there is no such offer', async () => {
    for (const ids of [
      { productId: 'no-such', sellerId },
      { productId: 'a\0b', sellerId },
    ]) {
      expect(await adjust(seller, 1, uniqueId('k'), ids)).toMatchObject({
        offer: null,
        userErrors: [{ code: 'NOT_FOUND' }],
      });
    }
  });

  test('what orders take moves the version, but leaves no gap in what is told here', async () => {
    await inventory.sql(
      'update stock set available = available - 1, reserved = reserved + 1, version = version + 3 where offer_id = $1',
      [offerId],
    );
    const { seq: last } = (await events()).at(-1)!;
    const { version } = (await row())!;
    const answer = await adjust(seller, 1, uniqueId('k'));
    expect(answer.offer).toMatchObject({ version: Number(version) + 1 });
    expect((await events()).at(-1)).toMatchObject({
      seq: String(Number(last) + 1),
      payload: { version: Number(version) + 1 },
    });
    expect(readCursor(answer.cursor!, seller, 'known to this test and nobody else')?.seq).toBe(Number(last) + 1);
  });

  test('many at once: every change counts once, what is told has no gap', async () => {
    const before = await row();
    const keys = Array.from({ length: 10 }, () => uniqueId('k'));
    const answers = await Promise.all([...keys, ...keys].map(key => adjust(seller, 1, key)));
    expect(answers.flatMap(answer => answer.userErrors)).toEqual([]);
    expect((await row())!['available']).toBe((before!['available'] as number) + 10);
    const seqs = (await events()).map(({ seq }) => Number(seq));
    expect(seqs).toEqual(Array.from(seqs, (_, index) => index + 1));
  });
});
