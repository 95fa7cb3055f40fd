import { expect, test } from '@jest/globals';
import { checkAgainstShop, checkRequest, linesOf, type OrderRequest } from './order-request.ts';
import { seenBy, sellersOf, subtotalOf, type Order } from './order.ts';

const request = (given: Partial<OrderRequest> = {}): OrderRequest => ({
  ...{ lines: [{ productId: 'a', quantity: 1 }], payment: 'CARD', allowPartial: false, idempotencyKey: 'k' },
  shipTo: { point: { lat: 90, lon: -180 }, postalCode: '0', city: 'A', state: 'SP' },
  ...given,
});
const products = new Map([
  ['a', { name: 'A', priceMinor: 2 }],
  ['b', { name: 'B', priceMinor: 214_748 }],
]);
const fields = (errors: { code: string; field: string[] | null }[]) =>
  errors.map(({ code, field }) => `${code} ${field?.join('.')}`);

test('the ends of every range are good', () => {
  const lines = Array.from({ length: 50 }, (_, index) => ({ productId: String(index), quantity: 10_000 }));
  const shipTo = { postalCode: 'x'.repeat(20), city: 'x'.repeat(100), state: 'AA' };
  const most = request({ lines, shipTo, couponCode: 'c'.repeat(64), idempotencyKey: 'k'.repeat(255) });
  expect(checkRequest(most)).toEqual([]);
  expect(checkRequest(request())).toEqual([]);
});

test('a sum is good up to the largest GraphQL Int', () => {
  const sumOf = (quantity: number, more: number) =>
    request({
      lines: [
        { productId: 'b', quantity },
        { productId: 'a', quantity: more },
      ],
    });
  expect(checkAgainstShop(sumOf(9_999, 10_000), products, undefined)).toEqual([]);
  expect(fields(checkAgainstShop(sumOf(10_000, 10_000), products, undefined))).toEqual(['INVALID_INPUT input.lines']);
});

test('nobody is refused for the state while nobody knows the hubs', () => {
  expect(checkAgainstShop(request(), products, undefined)).toEqual([]);
  expect(fields(checkAgainstShop(request(), products, new Set(['RS'])))).toEqual([
    'UNSERVED_ADDRESS input.shipTo.state',
  ]);
});

test('lines keep name and price as they are now', () => {
  expect(linesOf(request(), products)).toEqual([
    { lineNo: 1, productId: 'a', name: 'A', quantity: 1, unitPriceMinor: 2, status: 'ACTIVE', sellerId: null },
  ]);
});

test('dropped lines cost nothing and have no seller; a seller sees its own lines only', () => {
  const [line] = linesOf(request(), products);
  const lines = (['s1', 's2', null] as const).map((sellerId, index) => ({
    ...{ ...line!, lineNo: index + 1, sellerId, quantity: 3 },
    status: sellerId === null ? ('DROPPED' as const) : ('ACTIVE' as const),
  }));
  expect([subtotalOf(lines), sellersOf(lines)]).toEqual([12, ['s1', 's2']]);
  const order = { customerId: 'ana', lines, discountMinor: 5, couponCode: 'TEN', partly: false } as unknown as Order;
  expect(seenBy({ sub: 's2', role: 'seller' }, order)).toMatchObject({
    ...{ lines: [{ lineNo: 2 }], discountMinor: 0, couponCode: null, partly: true },
  });
  expect(seenBy({ sub: 'ana', role: 'customer' }, order)).toBe(order);
  expect(seenBy({ sub: 'ana', role: 'carrier' }, order)).toBeNull();
});
