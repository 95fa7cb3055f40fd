import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import type { Refusal } from './order-types.ts';
import { openOrderWorld, places, type Customer, type OrderWorld } from './order-world.ts';

const home = places.portoAlegre;
const inOneHour = () => new Date(Date.now() + 3_600_000).toISOString();
const yesterday = () => new Date(Date.now() - 86_400_000).toISOString();

let world: OrderWorld;
let sellerId: string;
let strangeSellerId: string;
let orderId: string;
let strangeOrderId: string;
let customer: Customer;

beforeAll(async () => {
  world = await openOrderWorld('parcel-bad');
  const sellers = (await world.sellers(places.portoAlegreEast, places.portoAlegre)) as [string, string];
  customer = await world.customer(home, 1_000_000);
  const ids = await Promise.all(
    sellers.map(async seller => {
      const productId = await world.product(home, { seller, available: 5 });
      return (await world.place(customer, [{ productId, quantity: 1 }])).id;
    }),
  );
  [sellerId, strangeSellerId] = sellers;
  [orderId, strangeOrderId] = ids as [string, string];
  await Promise.all(ids.map(id => world.until(id, 'CONFIRMED')));
}, 60_000);
afterAll(() => world.dispose());

type Refused = { userErrors: Refusal[] };
const refused = ({ userErrors }: Refused, code: string, field?: string[]): void => {
  expect(userErrors.map(error => error.code)).toContain(code);
  if (field !== undefined) expect(userErrors.find(error => error.code === code)?.field).toEqual(field);
};

test('a hand-over names what is wrong with it', async () => {
  const { operator } = world;
  const seller = await world.as('seller', sellerId);
  const parcel = { orderId, sellerId };
  refused(await operator.confirmHandover({ ...parcel, orderId: 'no-such-order' }), 'NOT_FOUND', ['orderId']);
  refused(await operator.confirmHandover({ ...parcel, orderId: '' }), 'NOT_FOUND', ['orderId']);
  refused(await operator.confirmHandover({ orderId, sellerId: 'no-such-seller' }), 'NOT_FOUND');
  refused(await operator.confirmHandover({ ...parcel, at: inOneHour() }), 'INVALID_INPUT', ['at']);
  refused(await operator.confirmHandover({ ...parcel, at: yesterday() }), 'INVALID_INPUT', ['at']);
  refused(await seller.confirmHandover({ orderId: strangeOrderId, sellerId }), 'NOT_FOUND');
  for (const role of ['customer', 'carrier'] as const) {
    refused(await (await world.as(role, sellerId)).confirmHandover(parcel), 'FORBIDDEN');
  }
  refused(await world.nobody.confirmHandover(parcel), 'FORBIDDEN');
});

test('nothing is scanned or delivered before it was handed over', async () => {
  const carrier = await world.as('carrier', `${world.prefix}-carrier`);
  const scan = { orderId, sellerId, hub: 'RS', idempotencyKey: uniqueId('scan') };
  for (const payload of [await carrier.recordScan(scan), await carrier.confirmDelivery(scan)]) {
    expect(payload).toMatchObject({ delivery: null, userErrors: [{ code: 'STALE_STATE' }] });
  }
});

test('a scan names what is wrong with it', async () => {
  const carrier = await world.as('carrier', `${world.prefix}-carrier`);
  const scan = { orderId, sellerId, hub: 'RS', idempotencyKey: uniqueId('scan') };
  refused(await carrier.recordScan({ ...scan, idempotencyKey: '' }), 'INVALID_INPUT', ['idempotencyKey']);
  refused(await carrier.recordScan({ ...scan, idempotencyKey: 'k'.repeat(256) }), 'INVALID_INPUT', ['idempotencyKey']);
  const { userErrors } = await carrier.recordScan({ ...scan, hub: 'ZZ' });
  expect(userErrors).toContainEqual(expect.objectContaining({ field: ['hub'] }));
  refused(await carrier.recordScan({ ...scan, orderId: 'no-such-order' }), 'NOT_FOUND');
  for (const role of ['customer', 'seller'] as const) {
    refused(await (await world.as(role, sellerId)).recordScan(scan), 'FORBIDDEN');
    refused(await (await world.as(role, sellerId)).confirmDelivery(scan), 'FORBIDDEN');
  }
  refused(await carrier.confirmDelivery({ ...scan, orderId: 'no-such-order' }), 'NOT_FOUND');
});

test('what happens to a parcel happens after what happened before, and not in the future', async () => {
  const { operator } = world;
  const parcel = { orderId: strangeOrderId, sellerId: strangeSellerId };
  expect((await operator.confirmHandover(parcel)).userErrors).toEqual([]);
  const scan = { ...parcel, hub: 'RS', idempotencyKey: uniqueId('scan') };
  for (const at of [inOneHour(), yesterday()]) {
    refused(await operator.recordScan({ ...scan, at }), 'INVALID_INPUT', ['at']);
    refused(await operator.confirmDelivery({ ...parcel, at }), 'INVALID_INPUT', ['at']);
  }
  expect(await operator.delivery(parcel)).toMatchObject({ status: 'HANDED_OVER', deliveredAt: null });
});

test('none of that has moved the other parcel', async () => {
  expect(await world.operator.delivery({ orderId, sellerId })).toMatchObject({
    ...{ status: 'STARTED', handedOverAt: null, deliveredAt: null, eta: { reason: 'ASSIGNED' } },
  });
});

test.each([
  ['factor', { factor: 0.19 }],
  ['factor', { factor: 10.1 }],
  ['ttlMinutes', { ttlMinutes: 0 }],
  ['ttlMinutes', { ttlMinutes: 10_081 }],
  ['laneId', { laneId: 'ZZ>RS' }],
  ['laneId', { laneId: '' }],
])('a delay factor with a bad %s changes no lane: %p', async (field, bad) => {
  const payload = await world.operator.setDelayFactor({ laneId: 'AC>AP', factor: 2, ttlMinutes: 1, ...bad });
  expect(payload).toMatchObject({ lane: null, cursor: null });
  expect(payload.userErrors).toContainEqual(expect.objectContaining({ field: [field] }));
});

test('lanes and rankings are for operators', async () => {
  const jam = { laneId: 'AC>AP', factor: 2, ttlMinutes: 1 };
  for (const client of [customer.client, await world.as('seller', sellerId), world.nobody]) {
    expect(await client.setDelayFactor(jam)).toMatchObject({ lane: null, userErrors: [{ code: 'FORBIDDEN' }] });
    expect(await client.runSellerRanking()).toMatchObject({ jobId: null, userErrors: [{ code: 'FORBIDDEN' }] });
  }
  const { lane } = await world.operator.graph.ask<{ lane: { delayFactor: number } }>(
    '{ lane(id: "AC>AP") { delayFactor } }',
  );
  expect(lane.delayFactor).toBe(1);
});

test('money and coupons name what is wrong with them', async () => {
  const { operator, prefix } = world;
  const topUp = { customerId: `${prefix}-broke`, amountMinor: 1, idempotencyKey: uniqueId('k') };
  refused(await operator.topUpWallet({ ...topUp, amountMinor: 0 }), 'INVALID_INPUT', ['amountMinor']);
  refused(await operator.topUpWallet({ ...topUp, idempotencyKey: '' }), 'INVALID_INPUT', ['idempotencyKey']);
  refused(await operator.topUpWallet({ ...topUp, customerId: '' }), 'INVALID_INPUT', ['customerId']);
  refused(await operator.createCoupon({ code: '', percentOff: 1, quota: 1 }), 'INVALID_INPUT', ['code']);
  refused(await operator.createCoupon({ code: 'X', percentOff: 101, quota: 1 }), 'INVALID_INPUT', ['percentOff']);
  refused(await operator.createCoupon({ code: 'X', percentOff: 1, quota: 0 }), 'INVALID_INPUT', ['quota']);
  expect(await operator.wallet(topUp.customerId)).toBeNull();
});
