import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { startOrderStock, type OrderStockUnderTest } from './testing/order-stock.ts';

describe('reserveStock', () => {
  let stock: OrderStockUnderTest;
  const prefix = uniqueId('res');
  const product = (n: number) => `${prefix}-p00${String(n)}`;
  const seller = (n: number) => `${prefix}-s00${String(n)}`;
  const types = async (orderId: string) => (await stock.told(orderId)).map(({ type }) => type);

  beforeAll(async () => {
    stock = startOrderStock();
    await stock.load(prefix, { sellers: 4, products: 6, available: 10 });
  });
  afterAll(() => stock.dispose());

  test('holds every line and says until when, by the clock of the database; a repeat does nothing', async () => {
    const order = uniqueId('o');
    const takes = [
      [product(0), seller(0), 2],
      [product(1), seller(1), 1],
      [product(0), seller(0), 3],
    ] as const;
    await stock.reserve(order, takes);
    const [reserved, ...more] = await stock.told(order);
    expect(more).toEqual([]);
    expect(reserved).toMatchObject({
      type: 'StockReserved',
      seq: 1,
      payload: { orderId: order, customerId: 'ana', sellerIds: [seller(0), seller(1)], attempt: 1 },
    });
    expect(reserved?.payload['lines']).toHaveLength(3);
    const [row] = await stock.sql<{ same: boolean; minutes: number }>(
      `select expires_at = $2::timestamptz as same, extract(epoch from expires_at - now())::float / 60 as minutes
       from reservations where order_id = $1 and state = 'HELD'`,
      [order, reserved?.payload['expiresAt']],
    );
    expect(row?.same).toBe(true);
    expect(row?.minutes).toBeCloseTo(15, 0);
    const after = { available: 5, reserved: 5, sold: 0, received: 10, version: 2 };
    expect(await stock.shelf(product(0), seller(0))).toEqual(after);
    expect(await stock.shelf(product(1), seller(1))).toMatchObject({ available: 9, reserved: 1 });

    await stock.reserve(order, takes);
    expect(await stock.shelf(product(0), seller(0))).toEqual(after);
    expect(await types(order)).toEqual(['StockReserved']);
  });

  test('takes three statements, however many lines there are', async () => {
    for (const lines of [1, 50]) {
      stock.counts.length = 0;
      await stock.reserve(
        uniqueId('o'),
        Array.from({ length: lines }, (_, index) => [product(index % 6), seller(3), 1] as const).slice(0, lines),
      );
      expect(stock.counts).toEqual([3]);
    }
  });

  test('names every line that lacks and takes nothing at all', async () => {
    const order = uniqueId('o');
    await stock.sql(`update sellers set status = 'PAUSED' where id = $1`, [seller(2)]);
    await stock.reserve(order, [
      [product(2), seller(0), 1],
      [product(2), seller(0), 10],
      [product(2), seller(1), 11],
      [product(2), seller(2), 1],
      ['no-such', seller(0), 1],
    ]);
    await stock.sql(`update sellers set status = 'ACTIVE' where id = $1`, [seller(2)]);
    expect(await stock.told(order)).toMatchObject([
      {
        type: 'StockRejected',
        payload: { attempt: 1, lineNos: [2, 3, 4, 5], reason: 'not offered, out of stock, seller paused' },
      },
    ]);
    for (const at of [0, 1, 2])
      expect(await stock.shelf(product(2), seller(at))).toMatchObject({ available: 10, version: 1 });
  });

  test('a next attempt has an answer of its own; seq goes on without a gap', async () => {
    const order = uniqueId('o');
    await stock.reserve(order, [[product(3), seller(0), 11]]);
    await stock.reserve(order, [[product(3), seller(1), 4]], 2);
    await stock.reserve(order, [[product(3), seller(0), 11]], 1);
    await stock.reserve(order, [[product(3), seller(0), 5]], 3);
    expect((await stock.told(order)).map(({ type, seq, payload }) => [type, seq, payload['attempt']])).toEqual([
      ['StockRejected', 1, 1],
      ['StockReserved', 2, 2],
      ['StockReleased', 3, 2],
      ['StockReserved', 4, 3],
    ]);
    expect(await stock.shelf(product(3), seller(1))).toMatchObject({ available: 10, reserved: 0 });
    expect(await stock.shelf(product(3), seller(0))).toMatchObject({ available: 5, reserved: 5 });
  });

  test('of many orders for the last unit exactly one has it', async () => {
    await stock.reserve(uniqueId('o'), [[product(4), seller(0), 9]]);
    const orders = Array.from({ length: 20 }, () => uniqueId('o'));
    await Promise.all(orders.map(order => stock.reserve(order, [[product(4), seller(0), 1]])));
    const answers = (await Promise.all(orders.map(types))).flat();
    expect(answers.filter(type => type === 'StockReserved')).toHaveLength(1);
    expect(answers.filter(type => type === 'StockRejected')).toHaveLength(19);
    expect(await stock.shelf(product(4), seller(0))).toMatchObject({ available: 0, reserved: 10, version: 3 });
  });

  test('orders that cross each other on many shelves all end, without a deadlock', async () => {
    const shelves = [0, 1, 2].flatMap(p => [0, 1, 2].map(s => [p, s] as const));
    const before = await Promise.all(shelves.map(([p, s]) => stock.shelf(product(p), seller(s))));
    const orders = Array.from({ length: 24 }, () => uniqueId('o'));
    // Each begins at another shelf, every other one walks backwards; held and given back at once.
    await Promise.all(
      orders.map(async (order, turn) => {
        const walk = [...shelves.slice(turn % 9), ...shelves.slice(0, turn % 9)];
        if (turn % 2 === 1) walk.reverse();
        await stock.reserve(
          order,
          walk.slice(0, 5).map(([p, s]) => [product(p), seller(s), 1] as const),
        );
        await (turn % 3 === 0 ? stock.confirm(order) : stock.release(order));
        await stock.release(order);
      }),
    );
    const after = await Promise.all(shelves.map(([p, s]) => stock.shelf(product(p), seller(s))));
    const books = (rows: typeof after) => rows.map(row => ({ ...row, version: 0 }));
    expect(books(after)).toEqual(books(before));
  });

  test('the same order asked twice at the same moment is answered once', async () => {
    const order = uniqueId('o');
    await Promise.all([1, 1, 1, 1].map(attempt => stock.reserve(order, [[product(5), seller(0), 1]], attempt)));
    expect(await types(order)).toEqual(['StockReserved']);
    expect(await stock.shelf(product(5), seller(0))).toMatchObject({ available: 9, reserved: 1 });
  });
});
