import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { startOrderStock, type OrderStockUnderTest } from './testing/order-stock.ts';
import { facts } from './testing/some-order.ts';

describe('expireReservations', () => {
  let stock: OrderStockUnderTest;
  const prefix = uniqueId('exp');
  const [product, seller] = [`${prefix}-p000`, `${prefix}-s000`];
  const types = async (order: string) => (await stock.told(order)).map(({ type }) => type);
  const books = () => stock.shelf(product, seller);
  const heldOrders = async (count: number): Promise<string[]> => {
    const orders = Array.from({ length: count }, () => uniqueId('o'));
    await stock.settle(...orders.map(order => facts.assigned(order, [[product, seller, 1]])));
    return orders;
  };

  beforeAll(async () => {
    stock = startOrderStock({ connections: 20 });
    await stock.load(prefix, { available: 500 });
  });
  afterAll(() => stock.dispose());

  test('what is held beyond its time goes back and is told with its attempt; what has time left stays', async () => {
    const [late = '', early = ''] = await heldOrders(2);
    await stock.age([late]);
    await stock.expire();
    const lines = [{ lineNo: 1, productId: product, sellerId: seller, quantity: 1 }];
    expect((await stock.told(late)).at(-1)).toMatchObject({
      type: 'ReservationExpired',
      seq: 2,
      payload: { orderId: late, customerId: 'ana', sellerIds: [seller], attempt: 1, lines },
    });
    expect(await types(early)).toEqual(['StockReserved']);
    expect(await books()).toMatchObject({ available: 499, reserved: 1, sold: 0 });
    await stock.expire();
    expect(await types(late)).toHaveLength(2);
    await stock.release(early);
  });

  test('money that comes behind it finds nothing; the next assignment is sold at once', async () => {
    const [order = ''] = await heldOrders(1);
    await stock.age([order]);
    await stock.expire();
    await stock.confirm(order);
    await stock.reserve(order, [[product, seller, 1]], 2);
    expect((await types(order)).slice(1)).toEqual([
      ...['ReservationExpired', 'StockConfirmationFailed'],
      ...['StockReserved', 'StockConfirmed'],
    ]);
    expect((await stock.told(order))[2]?.payload).toMatchObject({ attempt: 1, reason: 'the reservation had expired' });
    await stock.release(order);
  });

  test('a cancellation behind it is not answered, for that was told', async () => {
    const [order = ''] = await heldOrders(1);
    await stock.age([order]);
    await stock.expire();
    await stock.release(order);
    expect(await types(order)).toEqual(['StockReserved', 'ReservationExpired']);
  });

  test('several sweeps at once share what is due: each reservation expires once', async () => {
    const orders = await heldOrders(130);
    await stock.age(orders);
    const counts = await Promise.all([1, 2, 3, 4].map(() => stock.expire()));
    const left = await stock.expire();
    expect(counts.reduce((sum, count) => sum + count, left)).toBe(130);
    const all = await Promise.all(orders.map(types));
    expect(all.every(told => told.join() === 'StockReserved,ReservationExpired')).toBe(true);
    expect(await books()).toMatchObject({ available: 500, reserved: 0, sold: 0 });
  });

  test('an order that somebody is at is left to the next time, and nobody waits for it', async () => {
    const [busy = '', free = ''] = await heldOrders(2);
    await stock.age([busy, free]);
    await stock.whileLocked(busy, async () => {
      expect(await stock.expire()).toBe(1);
      expect([await types(busy), await types(free)].map(told => told.length)).toEqual([1, 2]);
    });
    expect(await stock.expire()).toBe(1);
  });

  test('payments that race with the sweep win or lose: each order is either sold or expired, never both', async () => {
    const orders = await heldOrders(60);
    await stock.age(orders);
    await Promise.all([
      ...orders.slice(0, 30).map(order => stock.confirm(order)),
      ...[1, 2, 3].map(() => stock.expire()),
      ...orders.slice(30).map(order => stock.confirm(order)),
    ]);
    await stock.expire();
    const ends = (await Promise.all(orders.map(types))).map(told => told.slice(1).join());
    const sold = ends.filter(end => end === 'StockConfirmed').length;
    const expired = ends.filter(end => end === 'ReservationExpired,StockConfirmationFailed').length;
    expect(sold + expired).toBe(60);
    // Both must really have happened, or nothing raced.
    expect(Math.min(sold, expired)).toBeGreaterThan(0);
    expect(await books()).toMatchObject({ available: 500 - sold, reserved: 0, sold });
  });
});
