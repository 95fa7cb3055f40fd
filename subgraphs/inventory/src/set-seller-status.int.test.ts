import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { someCatalogue } from './testing/some-catalogue.ts';
import { startInventory, type Inventory } from './testing/start-inventory.ts';

const mutation = `mutation ($sellerId: ID!, $status: SellerStatus!) {
  setSellerStatus(sellerId: $sellerId, status: $status) { seller { id status } cursor userErrors { code field } }
}`;
const operator = { sub: 'op', role: 'operator' } as const;

describe('setSellerStatus', () => {
  let inventory: Inventory;
  const prefix = uniqueId('sst');
  const sellerId = `${prefix}-s000`;
  const seller = { sub: sellerId, role: 'seller' } as const;

  beforeAll(async () => {
    inventory = await startInventory();
    await inventory.load(someCatalogue(prefix, { sellers: 2 }));
  });
  afterAll(() => inventory.dispose());

  const set = async (viewer: Parameters<Inventory['ask']>[0], status: string, id = sellerId) =>
    (await inventory.ask(viewer, mutation, { sellerId: id, status })).data.setSellerStatus;
  const events = () =>
    inventory.sql<{ seq: string; payload: { status: string } }>(
      `select seq, payload from outbox where topic = 'inventory.events' and key = $1 order by seq`,
      [sellerId],
    );
  const available = async () =>
    (await inventory.ask(undefined, `query ($id: ID!) { product(id: $id) { available } }`, { id: `${prefix}-p000` }))
      .data.product?.available;

  test('a paused seller keeps its stock, which nobody can buy until it is active again', async () => {
    expect(await available()).toBe(20);
    expect(await set(seller, 'PAUSED')).toMatchObject({ seller: { id: sellerId, status: 'PAUSED' }, userErrors: [] });
    expect(await available()).toBe(10);
    expect(await set(operator, 'ACTIVE')).toMatchObject({ seller: { status: 'ACTIVE' }, userErrors: [] });
    expect(await available()).toBe(20);
    expect((await events()).map(({ seq, payload }) => [seq, payload.status])).toEqual([
      ['1', 'ACTIVE'],
      ['2', 'PAUSED'],
      ['3', 'ACTIVE'],
    ]);
  });

  test('the status it has already is no change, and the same position', async () => {
    const before = await events();
    const { status } = before.at(-1)!.payload;
    const first = await set(seller, status);
    expect(first).toMatchObject({ seller: { status }, userErrors: [] });
    expect(await set(seller, status)).toEqual(first);
    expect(await events()).toEqual(before);
  });

  test('only the seller itself and operators may, and only for sellers that exist', async () => {
    expect(await set(undefined, 'PAUSED')).toMatchObject({
      seller: null,
      cursor: null,
      userErrors: [{ code: 'FORBIDDEN' }],
    });
    expect(await set({ sub: `${prefix}-s001`, role: 'seller' }, 'PAUSED')).toMatchObject({
      userErrors: [{ code: 'FORBIDDEN' }],
    });
    expect(await set(operator, 'PAUSED', 'no-such')).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND', field: ['sellerId'] }],
    });
    expect(await set(operator, 'PAUSED', 'a\0b')).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND', field: ['sellerId'] }],
    });
  });
});
