import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { startOrderStock, type OrderStockUnderTest } from './testing/order-stock.ts';
import { facts } from './testing/some-order.ts';

describe('what is held', () => {
  let stock: OrderStockUnderTest;
  const prefix = uniqueId('set');
  const seller = `${prefix}-s000`;
  const products = Array.from({ length: 4 }, (_, at) => `${prefix}-p00${String(at)}`);
  const told = async (order: string) =>
    (await stock.told(order)).map(({ type, seq, payload }) => [type, seq, payload['attempt']]);
  const books = (product: string) => stock.shelf(product, seller);
  const linesTold = (payload: Record<string, unknown>) =>
    (payload['lines'] as { lineNo: number }[]).map(({ lineNo }) => lineNo);

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
    expect(Math.max(...stock.counts)).toBeLessThanOrEqual(4);
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

  test('money that comes after it was given back is told to have found nothing, once; nothing is taken any more', async () => {
    const product = products[2] ?? '';
    const order = uniqueId('o');
    await stock.reserve(order, [[product, seller, 1]]);
    await stock.release(order);
    await stock.confirm(order);
    await stock.confirm(order);
    await stock.reserve(order, [[product, seller, 1]], 2);
    expect(await told(order)).toEqual([
      ['StockReserved', 1, 1],
      ['StockReleased', 2, 1],
      ['StockConfirmationFailed', 3, 1],
      ['StockRejected', 4, 2],
    ]);
    expect(await books(product)).toMatchObject({ available: 10, reserved: 0, sold: 0, version: 3 });
  });

  test('a cancellation that comes before anything was reserved refuses it later', async () => {
    const product = products[2] ?? '';
    for (const over of [facts.cancelling, facts.cancelled]) {
      const order = uniqueId('o');
      await stock.settle(over(order));
      await stock.reserve(order, [[product, seller, 1]]);
      await stock.confirm(order);
      // Who asked for the stock waits for its answer.
      const answered = over === facts.cancelling ? [{ type: 'StockReleased', payload: { lines: [] } }] : [];
      expect(await stock.told(order)).toMatchObject([
        ...answered,
        { type: 'StockRejected', payload: { reason: 'the order is cancelled', lineNos: [1] } },
      ]);
    }
    expect(await books(product)).toMatchObject({ available: 10, reserved: 0, sold: 0 });
  });

  test('lines that are dropped come back, lines that are lost stay sold; and so they do when the rest is given back', async () => {
    const product = products[2] ?? '';
    const order = uniqueId('o');
    const takes = [1, 2, 3].map(quantity => [product, seller, quantity] as const);
    await stock.reserve(order, takes);
    await stock.confirm(order);
    await stock.settle(facts.dropped(order, [1]));
    expect(await books(product)).toMatchObject({ available: 5, sold: 5 });
    await stock.settle(facts.lost(order, [3]), facts.dropped(order, [3], { lost: true }));
    expect(await books(product)).toMatchObject({ available: 5, sold: 5 });
    await stock.release(order);
    expect(await books(product)).toMatchObject({ available: 7, sold: 3 });
    expect((await stock.told(order)).map(({ type, payload }) => [type, linesTold(payload)])).toEqual([
      ['StockReserved', [1, 2, 3]],
      ['StockConfirmed', [1, 2, 3]],
      ['StockReleased', [1]],
      ['StockReleased', [2]],
    ]);
  });

  test('an answer that was not heard is given again, as the next event', async () => {
    const product = products[2] ?? '';
    const [order, unknown] = [uniqueId('o'), uniqueId('o')];
    await stock.reserve(order, [[product, seller, 4]]);
    await stock.settle(facts.retry(order, 'STOCK'));
    await stock.settle(facts.retry(order, 'CONFIRMATION', 1, 'PAID'), facts.retry(order, 'CONFIRMATION', 1, 'PAID'));
    await stock.release(order);
    await stock.settle(facts.retry(order, 'STOCK', 1, 'CANCELLING'));
    expect(await told(order)).toEqual([
      ['StockReserved', 1, 1],
      ['StockReserved', 2, 1],
      ['StockConfirmed', 3, 1],
      ['StockConfirmed', 4, 1],
      ['StockReleased', 5, 1],
      ['StockReleased', 6, 1],
    ]);
    const [first, second] = await stock.told(order);
    expect(second?.payload).toEqual(first?.payload);
    await stock.settle(facts.retry(unknown, 'STOCK'), facts.retry(unknown, 'CONFIRMATION'));
    expect(await told(unknown)).toEqual([]);
  });

  test('a refusal is given again with its lines and its reason', async () => {
    const order = uniqueId('o');
    await stock.reserve(order, [[products[2] ?? '', seller, 1_000]]);
    await stock.settle(facts.retry(order, 'STOCK'));
    const [first, second] = await stock.told(order);
    expect([second?.type, second?.payload]).toEqual(['StockRejected', first?.payload]);
  });

  test('a rejected or unknown order has nothing to give back or to sell', async () => {
    const product = products[3] ?? '';
    const [rejected, unknown] = [uniqueId('o'), uniqueId('o')];
    await stock.reserve(rejected, [[product, seller, 11]]);
    for (const order of [rejected, unknown]) {
      await stock.release(order);
      await stock.confirm(order);
    }
    // `release` waits for its answer.
    expect(await told(rejected)).toEqual([
      ['StockRejected', 1, 1],
      ['StockReleased', 2, 1],
    ]);
    expect(await told(unknown)).toEqual([['StockReleased', 1, 1]]);
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
