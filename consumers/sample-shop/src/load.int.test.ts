import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import type { Pool, Sql } from '@waygraph/kit/database';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { loadSampleShop } from './load.ts';
import type { Options, Part } from './load.ts';
import { createParts } from './parts.ts';
import type { SampleShop } from './sample-shop.ts';

const urls = {
  INVENTORY_DATABASE_URL: testEnv('INVENTORY_DATABASE_URL'),
  PAYMENTS_DATABASE_URL: testEnv('PAYMENTS_DATABASE_URL'),
};
let pools: Pool[];
let inventory: Sql;
let payments: Sql;
beforeAll(() => {
  pools = Object.values(urls).map(url => createPool({ url, max: 2, name: 'test' }));
  [inventory, payments] = pools.map(sqlOfPool) as [Sql, Sql];
});
afterAll(() => Promise.all(pools.map(pool => pool.end())));

let name: string;
let said: string[];
let made: number;
beforeEach(() => {
  name = uniqueId('shop');
  said = [];
  made = 0;
});

/** A shop of its own per test: two sellers, two products, two customers, a coupon. */
const shopOf = (version: number): SampleShop => {
  const id = (what: string): string => `${name}-${what}`;
  const place = { city: 'Porto Alegre', state: 'RS', street: 'Rua da Praia', lat: -30.03, lon: -51.23 };
  return {
    version,
    sellers: ['s1', 's2'].map(seller => ({ id: id(seller), name: seller, ...place })),
    products: ['p1', 'p2'].map(product => ({
      id: id(product),
      name: product,
      category: 'Pet',
      priceMinor: 990,
      currency: 'BRL',
    })),
    offers: [
      { id: id('o1'), productId: id('p1'), sellerId: id('s1'), available: 10 },
      { id: id('o2'), productId: id('p2'), sellerId: id('s2'), available: 20 },
    ],
    customers: ['c1', 'c2'].map(customer => ({
      id: id(customer),
      address: { ...place, postalCode: '90010-000' },
      openingBalanceMinor: 5_000,
    })),
    coupons: [{ code: id('HALF'), percentOff: 50, quota: 2 }],
  };
};

const load = (shop: SampleShop, change: Partial<Options> = {}): Promise<void> =>
  loadSampleShop({
    name,
    version: shop.version,
    shop: () => {
      made += 1;
      return Promise.resolve(shop);
    },
    parts: createParts(urls),
    say: line => said.push(line),
    ...change,
  });

const everything = async (): Promise<unknown> => ({
  sellers: await inventory('select id, name, status, version from sellers where id like $1 order by id', [`${name}-%`]),
  products: await inventory('select id, name, price_minor, version from products where id like $1 order by id', [
    `${name}-%`,
  ]),
  stock: await inventory('select offer_id, available, version from stock where offer_id like $1 order by offer_id', [
    `${name}-%`,
  ]),
  wallets: await payments(
    'select customer_id, balance_minor, version from accounts where customer_id like $1 order by id',
    [`${name}-%`],
  ),
  coupons: await payments('select code, quota, used, version from coupons where code like $1', [`${name}-%`]),
  events: [
    ...(await inventory('select type, key, seq from outbox where key like $1 order by type, key, seq', [`${name}-%`])),
    ...(await payments('select type, key, seq from outbox where key like $1 order by type, key, seq', [`${name}-%`])),
  ],
});

describe('loading', () => {
  test('brings everything in, once', async () => {
    await load(shopOf(1));
    const after = await everything();
    expect(after).toMatchObject({
      sellers: [{ id: `${name}-s1` }, { id: `${name}-s2` }],
      stock: [{ available: 10 }, { available: 20 }],
      wallets: [{ balance_minor: '5000' }, { balance_minor: '5000' }],
      coupons: [{ quota: 2, used: 0 }],
    });
    await load(shopOf(1));
    expect(await everything()).toEqual(after);
    expect(made).toBe(1);
    expect(said.slice(-2).toSorted()).toEqual([
      'inventory: the sample shop is there (version 1)',
      'payments: the sample shop is there (version 1)',
    ]);
  });

  test('only says what would be done when asked to', async () => {
    await load(shopOf(1), { checkOnly: true });
    expect(await everything()).toMatchObject({ sellers: [], wallets: [], events: [] });
    expect(said.join('\n')).toContain('inventory: has nothing, would load version 1: 2 sellers, 2 products, 2 offers');
  });

  test('by two at once does nothing twice', async () => {
    await Promise.all([load(shopOf(1)), load(shopOf(1))]);
    expect(await everything()).toMatchObject({
      stock: [
        { available: 10, version: '1' },
        { available: 20, version: '1' },
      ],
      wallets: [
        { balance_minor: '5000', version: '1' },
        { balance_minor: '5000', version: '1' },
      ],
    });
  });

  test('that was cut off is finished by the next run', async () => {
    const cutOff = createParts(urls).map((part): Part => ({
      ...part,
      load: async shop => {
        await part.load({ ...shop, customers: shop.customers.slice(0, 1) }, () => undefined);
        throw new Error('cut off');
      },
    }));
    await expect(load(shopOf(1), { parts: cutOff })).rejects.toThrow();
    expect(await everything()).toMatchObject({ wallets: [{ customer_id: `${name}-c1` }] });
    await load(shopOf(1));
    expect(await everything()).toMatchObject({
      stock: [{ version: '1' }, { version: '1' }],
      wallets: [
        { balance_minor: '5000', version: '1' },
        { balance_minor: '5000', version: '1' },
      ],
    });
  });

  test('says where a database does not answer, and loads the rest', async () => {
    const [first, second] = createParts({ ...urls, PAYMENTS_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }) as [
      Part,
      Part,
    ];
    const failure: unknown = await load(shopOf(1), { parts: [first, second] }).catch((error: unknown) => error);
    expect(String((failure as AggregateError).errors)).toMatch(/^Error: payments: .*ECONNREFUSED 127\.0\.0\.1:1$/);
    expect(await everything()).toMatchObject({ sellers: [{}, {}], wallets: [] });
  });
});

describe('a newer version', () => {
  test('brings what is new and changed, and leaves what people have changed', async () => {
    await load(shopOf(1));
    await inventory(`update stock set available = 3, received = 3, version = 2 where offer_id = $1`, [`${name}-o1`]);
    await inventory(`update sellers set status = 'PAUSED', version = 2 where id = $1`, [`${name}-s1`]);
    await payments('update coupons set used = 2 where code = $1', [`${name}-HALF`]);

    const shop = shopOf(2);
    const [product] = shop.products;
    if (product === undefined) throw new Error('no product');
    product.name = 'p1 renamed';
    shop.products.push({ ...product, id: `${name}-p3`, name: 'p3' });
    shop.offers.push({ id: `${name}-o3`, productId: `${name}-p3`, sellerId: `${name}-s1`, available: 30 });
    for (const customer of shop.customers) customer.openingBalanceMinor = 9_999;
    await load(shop);

    expect(await everything()).toMatchObject({
      sellers: [
        { status: 'PAUSED', version: '2' },
        { status: 'ACTIVE', version: '1' },
      ],
      products: [
        { name: 'p1 renamed', version: '2' },
        { name: 'p2', version: '1' },
        { name: 'p3', version: '1' },
      ],
      stock: [{ available: 3 }, { available: 20 }, { available: 30 }],
      wallets: [{ balance_minor: '5000' }, { balance_minor: '5000' }],
      coupons: [{ quota: 2, used: 2, version: '1' }],
    });
  });

  test('is not undone by an older program', async () => {
    await load(shopOf(2));
    await load(shopOf(1));
    expect(made).toBe(1);
    expect(said.at(-1)).toMatch(/the sample shop is there \(version 2\)$/);
  });
});
