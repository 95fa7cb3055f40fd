import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, type Pool } from '@waygraph/kit/database';
import { askGateway, tokenFor } from '@waygraph/kit/testing/gateway-client';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { loadCatalogue } from './load-catalogue.ts';
import { someCatalogue } from './testing/some-catalogue.ts';
import type { Mutation, Query } from './types.generated.ts';

const ask = askGateway<Query & Mutation>;

const adjustStock = `mutation ($productId: ID!, $sellerId: ID!, $delta: Int!, $key: String!) {
  adjustStock(productId: $productId, sellerId: $sellerId, delta: $delta, idempotencyKey: $key) {
    offer { available version product { available } seller { id } } cursor userErrors { code field }
  }
}`;

describe('the catalogue through the gateway', () => {
  let pool: Pool;
  const prefix = uniqueId('e2e');
  const [productId, sellerId] = [`${prefix}-p000`, `${prefix}-s000`];

  beforeAll(async () => {
    pool = createPool({ url: testEnv('INVENTORY_DATABASE_URL'), max: 1, name: 'inventory-e2e' });
    await loadCatalogue({ pool }, someCatalogue(prefix, { sellers: 2, products: 3 }));
  });
  afterAll(() => pool.end());

  test('a product, its offers and their sellers come in one query, to everybody', async () => {
    const { data, errors } = await ask(
      `query ($id: ID!) { product(id: $id) {
        name price { amountMinor currency } available offers { available reserved seller { id city location { lat lon } } }
      } }`,
      { id: productId },
    );
    expect(errors).toBeUndefined();
    expect(data.product).toEqual({
      name: `Cafeteira ${productId}`,
      price: { amountMinor: 12_990, currency: 'BRL' },
      available: 20,
      offers: ['s000', 's001'].map(seller => ({
        available: 10,
        reserved: null,
        seller: { id: `${prefix}-${seller}`, city: 'Porto Alegre', location: { lat: -30.03, lon: -51.22 } },
      })),
    });
  });

  test('a seller adjusts its stock once per key; what it wrote is seen at once', async () => {
    const token = await tokenFor('seller', sellerId);
    const key = uniqueId('k');
    const adjust = async (delta: number, as: string | undefined = token) =>
      (await ask(adjustStock, { productId, sellerId, delta, key }, as)).data.adjustStock;
    const done = await adjust(7);
    expect(done).toEqual({
      offer: { available: 17, version: 2, product: { available: 27 }, seller: { id: sellerId } },
      cursor: expect.any(String),
      userErrors: [],
    });
    expect(await adjust(7)).toEqual(done);
    expect(await adjust(8)).toMatchObject({
      offer: null,
      userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['idempotencyKey'] }],
    });
    for (const other of [await tokenFor('seller', `${prefix}-s001`), await tokenFor('customer', sellerId)]) {
      expect(await adjust(1, other)).toMatchObject({ offer: null, userErrors: [{ code: 'FORBIDDEN' }] });
    }
    const anonymous = await ask(adjustStock, { productId, sellerId, delta: 1, key });
    expect(anonymous.data.adjustStock).toMatchObject({
      offer: null,
      cursor: null,
      userErrors: [{ code: 'FORBIDDEN' }],
    });
  });

  test('two changes in one request: each answer shows the state right after its own', async () => {
    const token = await tokenFor('operator', 'op');
    const pause = (status: string) =>
      `setSellerStatus(sellerId: "${prefix}-s001", status: ${status}) { seller { status } userErrors { code } }`;
    const { data } = await ask(`mutation { first: ${pause('PAUSED')} second: ${pause('ACTIVE')} }`, {}, token);
    expect(data).toEqual({
      first: { seller: { status: 'PAUSED' }, userErrors: [] },
      second: { seller: { status: 'ACTIVE' }, userErrors: [] },
    });
  });

  test('a category is paged to its end; typing mistakes and accents are forgiven in a search', async () => {
    const ids = async (args: string) =>
      (await ask(`{ products(${args}) { nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } }`)).data
        .products;
    // The read database follows the log.
    await waitFor(async () => (await ids(`first: 3, category: "${prefix}"`)).nodes.length === 3, {
      what: 'the products in the read database',
    });

    const first = await ids(`first: 2, category: "${prefix}"`);
    expect(first).toMatchObject({
      nodes: [{ id: productId }, { id: `${prefix}-p001` }],
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    });
    expect(await ids(`first: 2, category: "${prefix}", after: "${first.pageInfo.endCursor}"`)).toMatchObject({
      nodes: [{ id: `${prefix}-p002` }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    for (const search of ['cafeteira', 'Cafetéira', 'cafeteria', 'CAFETEIRAS', `${productId} cafeteira`]) {
      expect((await ids(`first: 100, category: "${prefix}", search: "${search}"`)).nodes).toContainEqual({
        id: productId,
      });
    }
    expect((await ids(`category: "${prefix}", search: "geladeira"`)).nodes).toEqual([]);
  });

  test('a wrong argument of a query is an error that names it', async () => {
    for (const args of ['first: 0', 'first: 101', 'after: "nonsense"']) {
      const { errors } = await ask(`{ products(${args}) { nodes { id } } }`);
      expect(errors).toMatchObject([
        { path: ['products'], extensions: { code: 'BAD_USER_INPUT', argument: args.split(':')[0] } },
      ]);
    }
  });
});
