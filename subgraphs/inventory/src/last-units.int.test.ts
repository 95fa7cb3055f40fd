import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { startOrderStock, type OrderStockUnderTest } from './testing/order-stock.ts';
import { facts } from './testing/some-order.ts';

describe('many orders at once', () => {
  let stock: OrderStockUnderTest;
  const prefix = uniqueId('last');
  const seller = `${prefix}-s000`;
  const product = (n: number) => `${prefix}-p00${String(n)}`;
  const types = async (orderId: string) => (await stock.told(orderId)).map(({ type }) => type);
  const newOrders = (count: number) => Array.from({ length: count }, () => uniqueId('o'));

  beforeAll(async () => {
    stock = startOrderStock({ connections: 20 });
    await stock.load(prefix, { products: 9, available: 10 });
  });
  afterAll(() => stock.dispose());

  test.each([
    ['each alone', 1, product(0)],
    ['many in one transaction', 25, product(1)],
  ])(
    '300 for the last 10 units, %s: exactly 10 have them, all others are told that they have not',
    async (_, together, last) => {
      const orders = newOrders(300);
      const told = orders.map(order => facts.assigned(order, [[last, seller, 1]]));
      const waiting = Array.from({ length: 300 / together }, (_unused, at) =>
        told.slice(at * together, (at + 1) * together),
      );
      // As many at once as there are connections.
      const work = async (): Promise<void> => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await stock.settle(...next);
      };
      await Promise.all(Array.from({ length: 20 }, work));
      const answers = await stock.sql<{ type: string; count: number }>(
        `select type, count(*)::int as count from outbox where topic = 'stock.events' and key = any($1) group by type order by type`,
        [orders],
      );
      expect(answers).toEqual([
        { type: 'StockRejected', count: 290 },
        { type: 'StockReserved', count: 10 },
      ]);
      expect(await stock.shelf(last, seller)).toMatchObject({ available: 0, reserved: 10, sold: 0 });
    },
  );

  describe('without a deadlock', () => {
    const shelves = [2, 3, 4, 5, 6, 7].map(product);
    const books = async () =>
      (await Promise.all(shelves.map(shelf => stock.shelf(shelf, seller)))).map(row => ({ ...row, version: 0 }));
    /** From another end each time, every other one backwards. */
    const takesOf = (turn: number) => {
      const walk = [...shelves.slice(turn % 6), ...shelves.slice(0, turn % 6)];
      return (turn % 2 === 0 ? walk : walk.reverse()).slice(0, 4).map(shelf => [shelf, seller, 1] as const);
    };
    const sweeps = (orders: string[]) => stock.age(orders).then(() => Promise.all([1, 2, 3].map(() => stock.expire())));
    const end = async (orders: string[], before: object[]) => {
      await stock.settle(...orders.map(order => facts.cancelling(order)));
      expect(await books()).toEqual(before);
    };

    test('lines cross: transactions of different orders meet at the same shelves from other ends', async () => {
      const before = await books();
      const orders = newOrders(96);
      const take = (attempt: number) =>
        Array.from({ length: 24 }, (_, at) =>
          stock.settle(
            ...orders
              .slice(at * 4, (at + 1) * 4)
              .map((order, turn) => facts.assigned(order, takesOf(at + turn + attempt), attempt)),
          ),
        );
      for (const attempt of [1, 2, 3, 4]) await Promise.all([...take(attempt), sweeps(orders)]);
      await end(orders, before);
    });

    test('orders cross: transactions of different facts meet at the same orders in other sequences', async () => {
      const before = await books();
      const orders = newOrders(96);
      const everyFourth = (at: number) =>
        orders.map((order, turn) => [order, turn] as const).filter(([, turn]) => turn % 4 === at);
      const quarter = (at: number) => orders.slice(at * 24, (at + 1) * 24).reverse();
      const spread = (at: number) => orders.map((_, turn) => orders[(turn * 29) % 96]!).slice(at * 24, (at + 1) * 24);
      const round = [0, 1, 2, 3].flatMap(at => [
        everyFourth(at).map(([order, turn]) => facts.assigned(order, takesOf(turn))),
        quarter(at).map(order => facts.captured(order)),
        spread(at).map(order => facts.cancelling(order)),
      ]);
      // Repeats change nothing, but lock what the others lock.
      await Promise.all([...[...round, ...round, ...round].map(told => stock.settle(...told)), sweeps(orders)]);
      await end(orders, before);
    });
  });

  test('facts of one order that come together count one after the other', async () => {
    const [one = '', other = ''] = newOrders(2);
    stock.counts.length = 0;
    await stock.settle(
      facts.assigned(one, [[product(8), seller, 8]]),
      facts.assigned(other, [[product(8), seller, 3]]),
      facts.captured(one),
      facts.assigned(one, [[product(8), seller, 6]], 2),
      facts.assigned(other, [[product(8), seller, 3]], 2),
    );
    expect(stock.counts).toEqual([3]);
    expect(await types(one)).toEqual([
      ...['StockReserved', 'StockConfirmed', 'StockReleased'],
      ...['StockReserved', 'StockConfirmed'],
    ]);
    expect(await types(other)).toEqual(['StockRejected', 'StockReserved']);
    expect(await stock.shelf(product(8), seller)).toMatchObject({ available: 1, reserved: 3, sold: 6, version: 2 });
  });
});
