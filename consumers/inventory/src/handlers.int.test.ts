import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadCatalogue } from '@waygraph/inventory/load-catalogue';
import { someCatalogue } from '@waygraph/inventory/testing/some-catalogue';
import { assignedOrder } from '@waygraph/inventory/testing/some-order';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { handleOnce } from '@waygraph/kit/handle-once';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { onStockFacts } from './on-stock-fact.ts';

const pool = createPool({ url: testEnv('INVENTORY_DATABASE_URL'), max: 4, name: 'inventory-consumer-test' });
const sql = sqlOfPool(pool);
const prefix = uniqueId('con');
const [product, seller] = [`${prefix}-p000`, `${prefix}-s000`];
beforeAll(() => loadCatalogue({ pool }, someCatalogue(prefix)));
afterAll(() => pool.end());

const handlers = onStockFacts({ reservationTtlMinutes: 15 });
const deliver = async (type: string, data: object, id: string = randomUUID()) => {
  const handler = handlers.find(({ definition }) => definition.type === type)!;
  const { topic } = handler.definition;
  const event = handler.definition.parse(data);
  const place = { topic, partition: 0, offset: '0', key: null, seq: 1, occurredUs: Date.now() * 1000 };
  await handler.wire({ transact: handleOnce(pool, prefix) })({
    id,
    event,
    ...place,
  });
};
const told = async (orderId: string) =>
  (await sql<{ type: string }>('select type from outbox where key = $1 order by seq', [orderId])).map(
    ({ type }) => type,
  );
const assigned = (orderId: string) => assignedOrder(orderId, [[product, seller, 1]]);
const captured = (orderId: string) => ({
  ...{ orderId, customerId: 'ana', sellerIds: [seller], attempt: 1 },
  ...{ paymentId: 'p', method: 'WALLET', amountMinor: 1 },
});
const cancelling = (orderId: string, undo: string[]) => ({
  ...{ orderId, customerId: 'ana', sellerIds: [seller], attempt: 1, status: 'CANCELLING', version: 3 },
  ...{ reason: 'payment failed', undo },
});

test('an order is reserved, paid and cancelled; an event that comes again does nothing', async () => {
  const order = uniqueId('o');
  const steps = [
    ['SellerAssigned', assigned(order), randomUUID()],
    ['PaymentCaptured', captured(order), randomUUID()],
    ['OrderCancelling', cancelling(order, ['DELIVERY', 'STOCK', 'PAYMENT']), randomUUID()],
  ] as const;
  for (const [type, data, id] of steps) await deliver(type, data, id);
  const all = ['StockReserved', 'StockConfirmed', 'StockReleased'];
  expect(await told(order)).toEqual(all);
  // Under its own id it is known by the inbox, under another by the order's state.
  for (const [type, data, id] of steps) {
    await deliver(type, data, id);
    await deliver(type, data);
  }
  expect(await told(order)).toEqual(all);
  expect(await sql('select available, reserved, sold from stock where product_id = $1', [product])).toEqual([
    { available: 10, reserved: 0, sold: 0 },
  ]);
});

test('a cancellation gives back what is only held, also when it does not ask for the stock', async () => {
  const order = uniqueId('o');
  await deliver('SellerAssigned', assigned(order));
  await deliver('OrderCancelling', cancelling(order, ['COUPON']));
  expect(await told(order)).toEqual(['StockReserved', 'StockReleased']);
});

test('what is sold stays sold when a cancellation asks neither for the stock nor for the delivery, and comes back when it does', async () => {
  const ends = [
    [
      ['PAYMENT', 'COUPON'],
      ['StockReserved', 'StockConfirmed'],
    ],
    [['DELIVERY'], ['StockReserved', 'StockConfirmed', 'StockReleased']],
    [[], ['StockReserved', 'StockConfirmed', 'StockReleased']],
  ] as const;
  for (const [undo, types] of ends) {
    const order = uniqueId('o');
    await deliver('SellerAssigned', assigned(order));
    await deliver('PaymentCaptured', captured(order));
    await deliver('OrderCancelling', cancelling(order, [...undo]));
    expect(await told(order)).toEqual(types);
  }
});

test('a request for the step of another owner writes nothing; one to undo what never was is answered, and nothing is held later', async () => {
  const order = uniqueId('o');
  const retry = (step: string) => ({
    ...{ orderId: order, customerId: 'ana', sellerIds: [seller], attempt: 2, status: 'CANCELLING', version: 5 },
    ...{ step, round: 1 },
  });
  for (const step of ['PAYMENT', 'CANCEL', 'REFUND']) await deliver('StepRetryRequested', retry(step));
  expect(await sql('select from order_stock where order_id = $1', [order])).toEqual([]);
  await deliver('StepRetryRequested', retry('STOCK'));
  await deliver('SellerAssigned', assigned(order));
  expect(await told(order)).toEqual(['StockReleased', 'StockRejected']);
});
