import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import type { OrderRequest } from './order-types.ts';
import { openOrderWorld, places, type Customer, type OrderWorld } from './order-world.ts';

const home = places.portoAlegre;
const street = { postalCode: home.postalCode, city: home.city, state: home.state };
const at = (lat: number, lon: number) => ({ ...home, point: { lat, lon } });

type Change = (productId: string) => Partial<OrderRequest>;
type Bad = { what: string; code: string; field: string[]; change: Change };
const bad = (code: string, what: string, field: string, change: Change): Bad => ({
  ...{ what, code, field: field.split('.'), change },
});
const invalid = (what: string, field: string, change: Change): Bad => bad('INVALID_INPUT', what, field, change);
const many =
  (...quantities: number[]): Change =>
  productId => ({ lines: quantities.map(quantity => ({ productId, quantity })) });
const of =
  (...productIds: string[]): Change =>
  () => ({ lines: productIds.map(productId => ({ productId, quantity: 1 })) });
const to =
  (shipTo: OrderRequest['shipTo']): Change =>
  () => ({ shipTo });

const lines: Bad[] = [
  invalid('no lines', 'lines', many()),
  invalid('51 lines', 'lines', of(...Array.from({ length: 51 }, (_, one) => `no-such-product-${String(one)}`))),
  invalid('quantity 0', 'lines.0.quantity', many(0)),
  invalid('quantity -1', 'lines.1.quantity', many(1, -1)),
  invalid('quantity 10^9', 'lines.0.quantity', many(1e9)),
  invalid('too many of one in two lines', 'lines.quantity', many(6_000, 6_000)),
];
const addresses: Bad[] = [
  invalid('a point north of the world', 'shipTo.point', to(at(90.1, 0))),
  invalid('a point south of the world', 'shipTo.point', to(at(-90.1, 0))),
  invalid('a point east of the world', 'shipTo.point', to(at(0, 180.1))),
  invalid('half a state', 'shipTo.state', to({ ...street, state: 'R' })),
  invalid('an endless city', 'shipTo.city', to({ ...home, city: 'x'.repeat(101) })),
  invalid('an endless postal code', 'shipTo.postalCode', to({ ...home, postalCode: '9'.repeat(21) })),
  bad('UNSERVED_ADDRESS', 'a state without a hub', 'shipTo.state', to({ ...street, state: 'ZZ' })),
];
const others: Bad[] = [
  bad('NOT_FOUND', 'an unknown product', 'lines.0.productId', of('no-such-product')),
  bad('NOT_FOUND', 'an empty product', 'lines.0.productId', of('')),
  invalid('an empty key', 'idempotencyKey', () => ({ idempotencyKey: '' })),
  invalid('a key of 256', 'idempotencyKey', () => ({ idempotencyKey: 'k'.repeat(256) })),
  invalid('a key with NUL', 'idempotencyKey', () => ({ idempotencyKey: 'a\0b' })),
  invalid('an empty coupon', 'couponCode', () => ({ couponCode: '' })),
  invalid('a coupon of 65', 'couponCode', () => ({ couponCode: 'C'.repeat(65) })),
];

describe('bad input', () => {
  let world: OrderWorld;
  let customer: Customer;
  let productId: string;

  beforeAll(async () => {
    world = await openOrderWorld('bad');
    const [sellerId] = (await world.sellers(places.portoAlegreEast)) as [string];
    productId = await world.product(home, { seller: sellerId, available: 100 });
    customer = await world.customer(home, 1_000_000);
  }, 60_000);
  afterAll(() => world.dispose());

  const good = (): OrderRequest => ({
    ...{ lines: [{ productId, quantity: 1 }], shipTo: home, payment: 'WALLET', idempotencyKey: uniqueId('key') },
  });
  const made = (change: Change): OrderRequest => ({ ...good(), ...change(productId) });

  test.each([...lines, ...addresses, ...others])(
    'placeOrder with $what is refused by name, and leaves nothing',
    async ({ code, field, change }) => {
      const { order, cursor, userErrors } = await customer.client.placeOrder(made(change));
      expect([order, cursor]).toEqual([null, null]);
      expect(userErrors).toContainEqual({
        code,
        field: expect.arrayContaining(['input', ...field]),
        message: expect.stringMatching(/\w/),
      });
      expect(await world.orderEvents(customer.id)).toEqual([]);
      expect(await customer.client.allOrders()).toEqual([]);
    },
  );

  test.each([...lines, ...addresses])(
    'quoteDelivery with $what is refused by name',
    async ({ code, field, change }) => {
      const { lines: asked, shipTo } = made(change);
      const quote = await customer.client.quote(asked, shipTo);
      expect(quote.expectedAt).toBeNull();
      expect(quote.userErrors).toContainEqual(expect.objectContaining({ code, field: expect.arrayContaining(field) }));
    },
  );

  test('a place far from its state is no place to quote for', async () => {
    const quote = await customer.client.quote(good().lines, at(48.14, 11.58));
    expect(quote.userErrors).toMatchObject([{ code: 'UNSERVED_ADDRESS' }]);
  });

  test('every fault of an order is told at once', async () => {
    const { userErrors } = await customer.client.placeOrder({
      ...good(),
      lines: [
        { productId, quantity: 0 },
        { productId, quantity: -1 },
      ],
      ...{ shipTo: { ...home, city: 'x'.repeat(101) }, idempotencyKey: '' },
    });
    expect(userErrors.map(({ field }) => field?.join('.'))).toEqual(
      expect.arrayContaining(['input.lines.0.quantity', 'input.shipTo.city', 'input.idempotencyKey']),
    );
  });

  test('nobody but customers places orders', async () => {
    const clients = await Promise.all(
      (['seller', 'carrier', 'operator'] as const).map(role => world.as(role, `${world.prefix}-${role}`)),
    );
    for (const client of [...clients, world.nobody]) {
      expect(await client.placeOrder(good())).toMatchObject({ order: null, userErrors: [{ code: 'FORBIDDEN' }] });
    }
  });
});
