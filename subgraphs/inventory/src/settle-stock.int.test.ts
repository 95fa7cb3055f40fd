import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { startOrderStock, type OrderStockUnderTest } from './testing/order-stock.ts';

describe('what is held', () => {
  let stock: OrderStockUnderTest;
  const prefix = uniqueId('set');
  const seller = `${prefix}-s000`;
  const products = Array.from({ length: 4 }, (_, at) => `${prefix}-p00${String(at)}`);
  const told = async (order: string) =>
    (await stock.told(order)).map(({ type, seq, payload }) => [type, seq, payload['attempt']]);
  const books = (product: string) => stock.shelf(product, seller);

  beforeAll(async () => {
    stock = startOrderStock();
    await stock.load(prefix, { products: products.length });
  });
  afterAll(() => stock.dispose());

  test('is sold when the money is there, and comes back when the order is cancelled after that; each once', async () => {
    const [product = ''] = products;
    const order = uniqueId('o');
    await stock.reserve(order, [
      [product, seller, 2],
      [product, seller, 1],
    ]);
    stock.counts.length = 0;
    await stock.confirm(order);
    expect(await books(product)).toEqual({ available: 7, reserved: 0, sold: 3, received: 10, version: 3 });
    await stock.confirm(order);
    await stock.release(order);
    expect(await books(product)).toEqual({ available: 10, reserved: 0, sold: 0, received: 10, version: 4 });
    await stock.release(order);
    await stock.confirm(order);
    expect(await books(product)).toMatchObject({ available: 10, version: 4 });
    expect(await told(order)).toEqual([
      ['StockReserved', 1, 1],
      ['StockConfirmed', 2, 1],
      ['StockReleased', 3, 1],
    ]);
    expect(Math.max(...stock.counts)).toBeLessThanOrEqual(6);
  });

  test('comes back when the payment failed, with the reason, under the parties of the assignment', async () => {
    const product = products[1] ?? '';
    const order = uniqueId('o');
    await stock.reserve(order, [[product, seller, 10]]);
    await stock.release(order, 'the wallet is too low');
    expect(await books(product)).toEqual({ available: 10, reserved: 0, sold: 0, received: 10, version: 3 });
    expect((await stock.told(order))[1]?.payload).toEqual({
      ...{ orderId: order, customerId: 'ana', sellerIds: [seller], attempt: 1, reason: 'the wallet is too low' },
      lines: [{ lineNo: 1, productId: product, sellerId: seller, quantity: 10 }],
    });
  });

  test('money that comes after it was given back is told to have found nothing, once', async () => {
    const product = products[2] ?? '';
    const order = uniqueId('o');
    await stock.reserve(order, [[product, seller, 1]]);
    await stock.release(order);
    await stock.confirm(order);
    await stock.confirm(order);
    expect(await told(order)).toEqual([
      ['StockReserved', 1, 1],
      ['StockReleased', 2, 1],
      ['StockConfirmationFailed', 3, 1],
    ]);
    // Assigned anew, it finds the order paid.
    await stock.reserve(order, [[product, seller, 1]], 2);
    expect((await told(order)).slice(3)).toEqual([
      ['StockReserved', 4, 2],
      ['StockConfirmed', 5, 2],
    ]);
    expect(await books(product)).toMatchObject({ available: 9, reserved: 0, sold: 1 });
  });

  test('a rejected or unknown order has nothing to give back or to sell', async () => {
    const product = products[3] ?? '';
    const [rejected, unknown] = [uniqueId('o'), uniqueId('o')];
    await stock.reserve(rejected, [[product, seller, 11]]);
    for (const order of [rejected, unknown]) {
      await stock.release(order);
      await stock.confirm(order);
    }
    expect(await told(rejected)).toEqual([['StockRejected', 1, 1]]);
    expect(await told(unknown)).toEqual([]);
    expect(await books(product)).toMatchObject({ available: 10, version: 1 });
  });

  test('payment and cancellation at the same moment leave the books closed, whoever came first', async () => {
    const product = products[3] ?? '';
    const orders = Array.from({ length: 10 }, () => uniqueId('o'));
    for (const order of orders) await stock.reserve(order, [[product, seller, 1]]);
    await Promise.all(orders.flatMap(order => [stock.confirm(order), stock.release(order)]));
    expect(await books(product)).toMatchObject({ available: 10, reserved: 0, sold: 0 });
    for (const order of orders) {
      const types = (await stock.told(order)).map(({ type }) => type);
      expect([
        ['StockReserved', 'StockConfirmed', 'StockReleased'],
        ['StockReserved', 'StockReleased', 'StockConfirmationFailed'],
      ]).toContainEqual(types);
    }
  });
});
