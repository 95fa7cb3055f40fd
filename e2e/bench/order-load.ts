import { randomUUID } from 'node:crypto';
import { loadCatalogue } from '@waygraph/inventory/load-catalogue';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { currentShop, sampleShop } from '@waygraph/sample-shop/sample-shop';
import { readStreets } from '@waygraph/sample-shop/streets';
import { createOrderClient, type OrderClient } from '../order-client.ts';
import type { Address, OrderRequest } from '../order-types.ts';
import type { Tokens } from '../tokens.ts';

const sellersPerState = 10;
const productCount = 100;
const sellersOfProduct = 4;
const customerCount = 100;
const available = 1_000_000;
const balanceMinor = 100_000_000;
const priceMinor = 1_000;
const number = (index: number): string => String(index + 1).padStart(3, '0');

const sellerId = (index: number): string => `bench-seller-${number(index)}`;

export type OrderLoad = {
  /** The customer whose turn it is, and its order: one or two lines, by wallet or, for a share of all, by card. */
  order: (index: number) => { client: OrderClient; input: OrderRequest };
  /** The same customers, who all want one piece of one product; resolves when it can be ordered. */
  wanting: (productId: string) => Promise<Pick<OrderLoad, 'order'>>;
  /** Who sells here. */
  sellerIds: readonly string[];
  close: () => Promise<void>;
};

/**
 * Sellers, products and customers of the bench, on the sample shop's streets. They are made once and found again: their ids are
 * the same in every run, and what they hold lasts for a million orders.
 */
export async function openOrderLoad(options: {
  gateway: string;
  urls: Readonly<Record<string, string>>;
  tokens: Tokens;
  cardShare: number;
}): Promise<OrderLoad> {
  const { gateway, urls, tokens, cardShare } = options;
  const shop = sampleShop({ ...currentShop, streets: await readStreets() });
  const sellers = ['RS', 'SP'].flatMap(state =>
    shop.sellers.filter(one => one.state === state).slice(0, sellersPerState),
  );
  const products = Array.from({ length: productCount }, (_, index) => `bench-product-${number(index)}`);
  const addresses = shop.customers
    .slice(0, customerCount)
    .map(({ address: { postalCode, city, state, lat, lon } }): Address => ({
      postalCode,
      city,
      state,
      point: { lat, lon },
    }));

  await loadShelves(urls['inventory'] ?? '', sellers, products);
  const operatorToken = await tokens('operator', 'bench');
  const operator = createOrderClient({ url: gateway, token: () => operatorToken });
  const customers = await Promise.all(
    addresses.map(async (shipTo, index) => {
      const id = `bench-customer-${number(index)}`;
      const topUp = { customerId: id, amountMinor: balanceMinor, idempotencyKey: `bench-wallet:${id}` };
      const { userErrors } = await operator.topUpWallet(topUp);
      if (userErrors[0] !== undefined) throw new Error(`topUpWallet of ${id}: ${userErrors[0].message}`);
      const token = await tokens('customer', id);
      return { client: createOrderClient({ url: gateway, token: () => token, idleSocketMs: 60_000 }), shipTo };
    }),
  );
  await untilForSale(operator, urls['orders'] ?? '', products, addresses[0]);

  const close = async (): Promise<void> => {
    await Promise.all([operator, ...customers.map(({ client }) => client)].map(client => client.close()));
  };
  const customerOf = (index: number) => {
    const customer = customers[index % customers.length];
    if (customer === undefined) throw new RangeError('no customers');
    return customer;
  };
  return {
    sellerIds: sellers.map((_, index) => sellerId(index)),
    wanting: async productId => {
      await untilForSale(operator, urls['orders'] ?? '', [productId], addresses[0]);
      return {
        order: index => {
          const { client, shipTo } = customerOf(index);
          const lines = [{ productId, quantity: 1 }];
          return { client, input: { lines, shipTo, payment: 'WALLET', idempotencyKey: randomUUID() } };
        },
      };
    },
    order: index => {
      const customer = customerOf(index);
      const picks = index % 3 === 0 ? [index, index + 37] : [index];
      const lines = picks.map(pick => ({ productId: products[pick % products.length] ?? '', quantity: 1 }));
      const isCard = Math.floor((index + 1) * cardShare) > Math.floor(index * cardShare);
      const payment = isCard ? 'CARD' : 'WALLET';
      return {
        client: customer.client,
        input: { lines, shipTo: customer.shipTo, payment, idempotencyKey: randomUUID() },
      };
    },
    close,
  };
}

async function loadShelves(
  url: string,
  places: readonly { city: string; state: string; lat: number; lon: number }[],
  products: readonly string[],
): Promise<void> {
  const sellers = places.map(({ city, state, lat, lon }, index) => ({
    ...{ id: sellerId(index), name: `Bench ${number(index)}`, city, state, lat, lon },
  }));
  const offers = products.flatMap((productId, index) =>
    Array.from({ length: sellersOfProduct }, (_, turn) => {
      const sellerId = sellers[(index + turn * 5) % sellers.length]?.id ?? '';
      return { id: `${productId}.${sellerId.slice(-3)}`, productId, sellerId, available };
    }),
  );
  const pool = createPool({ url, max: 1, name: 'bench' });
  try {
    await loadCatalogue(
      { pool },
      { sellers, offers, products: products.map(id => ({ id, name: `Bench ${id}`, category: 'bench', priceMinor })) },
    );
  } finally {
    await pool.end();
  }
}

async function untilForSale(
  operator: OrderClient,
  ordersUrl: string,
  products: readonly string[],
  shipTo: Address | undefined,
): Promise<void> {
  if (shipTo === undefined) throw new RangeError('no customers');
  for (let from = 0; from < products.length; from += 50) {
    const lines = products.slice(from, from + 50).map(productId => ({ productId, quantity: 1 }));
    await waitFor(() => operator.canDeliver(lines, shipTo), {
      ...{ timeoutMs: 60_000, intervalMs: 200, what: 'a candidate for each product of the bench' },
    });
  }
  const pool = createPool({ url: ordersUrl, max: 1, name: 'bench' });
  const known = 'select product_id from products where product_id = any($1)';
  try {
    await waitFor(async () => (await sqlOfPool(pool)(known, [products])).length === products.length, {
      ...{ timeoutMs: 60_000, intervalMs: 200, what: 'orders to know the products of the bench' },
    });
  } finally {
    await pool.end();
  }
}
