import { loadCatalogue } from '@waygraph/inventory/load-catalogue';
import type { Role } from '@waygraph/kit/auth';
import { createPool, sqlOfPool, type Pool } from '@waygraph/kit/database';
import { tokenFor } from '@waygraph/kit/testing/gateway-client';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { createOrderClient, type OrderClient } from './order-client.ts';
import type { Address, Order, OrderRequest } from './order-types.ts';

export type Place = { city: string; state: string; postalCode: string; point: { lat: number; lon: number } };
const place = (city: string, state: string, postalCode: string, lat: number, lon: number): Place => ({
  ...{ city, state, postalCode },
  point: { lat, lon },
});
/** The first two lie on the sample shop's road networks; the others are known to nobody but their test. */
export const places = {
  portoAlegre: place('Porto Alegre', 'RS', '90010-150', -30.0331, -51.23),
  portoAlegreEast: place('Porto Alegre', 'RS', '90480-000', -30.03, -51.18),
  saoPaulo: place('São Paulo', 'SP', '01001-000', -23.5505, -46.6333),
  rio: place('Rio de Janeiro', 'RJ', '20040-002', -22.9068, -43.1729),
  beloHorizonte: place('Belo Horizonte', 'MG', '30112-000', -19.9167, -43.9345),
} as const;

export type Customer = { id: string; client: OrderClient; shipTo: Address };
export type StockRow = { available: number; reserved: number; sold: number };
type Offer = { seller: string; available: number };

export const priceMinor = 12_990;
const terminal = ['DELIVERED', 'CANCELLED'];

/** Sellers, products, customers and coupons of one test, under ids that no other test has; `dispose` closes what it opened. */
export async function openOrderWorld(name: string) {
  const prefix = uniqueId(name);
  const url = testEnv('GATEWAY_URL');
  const clients: OrderClient[] = [];
  const pools: Pool[] = [];
  const poolOf = (variable: string): Pool => {
    const pool = createPool({ url: testEnv(variable), max: 1, name: prefix });
    pools.push(pool);
    return pool;
  };
  const inventory = poolOf('INVENTORY_DATABASE_URL');
  const inInventory = sqlOfPool(inventory);
  const inOrders = sqlOfPool(poolOf('ORDERS_DATABASE_URL'));
  const inPayments = sqlOfPool(poolOf('PAYMENTS_DATABASE_URL'));
  let made = 0;
  const nextId = (kind: string): string => `${prefix}-${kind}${String((made += 1)).padStart(3, '0')}`;

  async function as(role: Role, sub: string): Promise<OrderClient> {
    const token = await tokenFor(role, sub, 3_600);
    const client = createOrderClient({ url, token: () => token });
    clients.push(client);
    return client;
  }
  const operator = await as('operator', `${prefix}-operator`);
  const nobody = createOrderClient({ url });
  clients.push(nobody);

  /** Resolves when the read database can serve each product and orders knows its price. */
  async function untilForSale(productIds: readonly string[], shipTo: Address): Promise<void> {
    const lines = productIds.map(productId => ({ productId, quantity: 1 }));
    await waitFor(() => operator.canDeliver(lines, shipTo), {
      timeoutMs: 20_000,
      what: 'a candidate for each product',
    });
    await waitFor(
      async () =>
        (await inOrders('select product_id from products where product_id = any($1)', [productIds])).length ===
        productIds.length,
      { timeoutMs: 20_000, what: 'orders to know the products' },
    );
  }

  return {
    prefix,
    operator,
    nobody,
    as,
    /** Sellers at these places; gives their ids. They take orders as soon as they have offers. */
    sellers: async (...at: readonly Place[]): Promise<string[]> => {
      const sellers = at.map(({ city, state, point }) => ({
        id: nextId('s'),
        name: `Loja ${prefix}`,
        city,
        state,
        ...point,
      }));
      await loadCatalogue({ pool: inventory }, { sellers, products: [], offers: [] });
      return sellers.map(({ id }) => id);
    },
    /** A product that these sellers offer at `priceMinor`; resolves when it can be ordered to `shipTo`. */
    product: async (shipTo: Address, ...offered: readonly Offer[]): Promise<string> => {
      const id = nextId('p');
      const product = { id, name: `Cafeteira ${id}`, category: prefix, priceMinor };
      const offers = offered.map(({ seller, available }) => ({
        ...{ id: nextId('o'), productId: id, sellerId: seller },
        available,
      }));
      await loadCatalogue({ pool: inventory }, { sellers: [], products: [product], offers });
      await untilForSale([id], shipTo);
      return id;
    },
    /** Somebody who lives there; with no balance, without a wallet. */
    customer: async (home: Place, balanceMinor = 0): Promise<Customer> => {
      const id = nextId('c');
      if (balanceMinor > 0) {
        const topUp = { customerId: id, amountMinor: balanceMinor, idempotencyKey: `${id}-opening` };
        const { userErrors } = await operator.topUpWallet(topUp);
        if (userErrors.length > 0) throw new Error(userErrors.map(({ message }) => message).join('; '));
      }
      return { id, client: await as('customer', id), shipTo: home };
    },
    coupon: async (coupon: { percentOff?: number; amountOffMinor?: number; quota: number }): Promise<string> => {
      const code = nextId('k').toUpperCase();
      const { userErrors } = await operator.createCoupon({ code, ...coupon });
      if (userErrors.length > 0) throw new Error(userErrors.map(({ message }) => message).join('; '));
      return code;
    },
    /** An order by wallet unless `extra` says otherwise; throws when it is refused. */
    place: async (
      { client, shipTo }: Customer,
      lines: OrderRequest['lines'],
      extra: Partial<OrderRequest> = {},
    ): Promise<{ id: string; cursor: string; totalMinor: number }> => {
      const idempotencyKey = uniqueId('key');
      const payload = await client.placeOrder({ lines, shipTo, payment: 'WALLET', idempotencyKey, ...extra });
      if (payload.order === null || payload.cursor === null) {
        throw new Error(`refused: ${JSON.stringify(payload.userErrors)}`);
      }
      return { id: payload.order.id, cursor: payload.cursor, totalMinor: payload.order.total.amountMinor };
    },
    /**
     * The order, once it has this status; throws as soon as it has ended with another. CONFIRMED is waited for until its sellers know
     * it, and can hand over.
     */
    until: async (id: string, status: string): Promise<Order> => {
      const ended = await waitFor(
        async () => {
          const found = await operator.orderStatus(id);
          if (found === null || (found.status !== status && !terminal.includes(found.status))) return undefined;
          const isKnown = found.deliveries?.every(delivery => delivery.status !== 'ASSIGNED') ?? false;
          return found.status !== 'CONFIRMED' || isKnown ? found : undefined;
        },
        { timeoutMs: 20_000, intervalMs: 50, what: `order ${id} to be ${status}` },
      );
      const order = await operator.order(id);
      if (ended.status !== status || order === null) {
        const facts =
          (await operator.timeline(id))?.map(({ at, type, detail }) => `${at} ${type} ${detail ?? ''}`) ?? [];
        throw new Error([`order ${id} is ${ended.status}: ${order?.cancelReason ?? 'no reason'}`, ...facts].join('\n'));
      }
      return order;
    },
    /** What each seller has of a product, as the books say. */
    stock: async (productId: string): Promise<Record<string, StockRow>> => {
      const rows = await inInventory<StockRow & { seller_id: string }>(
        'select seller_id, available, reserved, sold from stock where product_id = $1 order by seller_id',
        [productId],
      );
      return Object.fromEntries(rows.map(({ seller_id: sellerId, ...row }) => [sellerId, row]));
    },
    balanceMinor: async (customerId: string): Promise<number | undefined> =>
      (await operator.wallet(customerId))?.balance.amountMinor,
    /** How often a coupon is redeemed at the moment. */
    couponUsed: async (code: string): Promise<number | undefined> =>
      (await inPayments<{ used: number }>('select used from coupons where code = $1', [code]))[0]?.used,
    /** Events of orders' outbox about this customer: what placing has left behind. */
    orderEvents: async (customerId: string): Promise<string[]> =>
      (
        await inOrders<{ type: string }>(
          `select type from outbox where payload ->> 'customerId' = $1 order by occurred_us`,
          [customerId],
        )
      ).map(({ type }) => type),
    dispose: async (): Promise<void> => {
      await Promise.allSettled(clients.map(client => client.close()));
      await Promise.all(pools.map(pool => pool.end()));
    },
  };
}

export type OrderWorld = Awaited<ReturnType<typeof openOrderWorld>>;
