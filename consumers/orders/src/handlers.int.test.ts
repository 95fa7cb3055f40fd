import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Delivery } from '@waygraph/kit/consumer';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { handleOnce } from '@waygraph/kit/handle-once';
import { uuidv7 } from '@waygraph/kit/outbox';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { placeOrder } from '@waygraph/orders/place-order';
import { factTypes } from '@waygraph/orders/saga-table';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { stockEvents } from '@waygraph/schema/events/stock';
import { createHandlers } from './handlers.ts';

const handlers = createHandlers();
const pool = createPool({ url: testEnv('ORDERS_DATABASE_URL'), max: 4, name: 'orders-consumer-test' });
const sql = sqlOfPool(pool);
const product = uniqueId('product');
beforeAll(() => sql(`insert into products values ($1, 'Café', 100, 'BRL', 1, now())`, [product]));
afterAll(() => pool.end());

const anOrder = async () => {
  const { order } = await placeOrder(
    { pool, servedStates: () => Promise.resolve(undefined) },
    { sub: uniqueId('customer'), role: 'customer' },
    {
      ...{ lines: [{ productId: product, quantity: 1 }], payment: 'WALLET', idempotencyKey: 'k' },
      shipTo: { postalCode: '1', city: 'A', state: 'SP' },
    },
  );
  return order!.id;
};

const deliver = async (type: string, data: { orderId: string; reason: string }, id = uuidv7()) => {
  const handler = handlers.find(({ definition }) => definition.type === type)!;
  const { topic } = handler.definition;
  const delivery: Delivery<{ type: string; data: unknown }> = {
    ...{ id, event: { type, data }, topic, partition: 0, offset: '0', key: data.orderId, seq: 1, occurredUs: 1 },
  };
  await handler.wire({ transact: handleOnce(pool, 'orders-test') })(delivery);
};

const unavailable = (orderId: string) => ({
  ...{ orderId, customerId: 'c', sellerIds: [], attempt: 1, lineNos: [1], reason: 'nobody has it' },
});
const timeline = (orderId: string) =>
  sql<{ type: string; source: string; detail: string | null }>(
    'select type, source, detail from timeline where order_id = $1 order by type',
    [orderId],
  );

test('every event of the services that an order needs has one handler', () => {
  const told = [...deliveryEvents, ...stockEvents, ...paymentEvents].map(({ type }) => type);
  const handled = handlers.map(({ definition }) => definition.type);
  expect(handled.toSorted()).toEqual([...told, 'DelayConfirmed', 'RiskLevelChanged'].toSorted());
});

test('the saga hears of every event that its table waits for', () => {
  const handled = new Set(handlers.map(({ definition }) => definition.type));
  expect(factTypes.filter(type => !handled.has(type))).toEqual([]);
  // All of them together, so that whatever comes at once shares its statements.
  expect(new Set(handlers.map(({ together }) => together)).size).toBe(1);
});

test('an event brings its order on and is kept in its timeline, once however often it comes', async () => {
  const id = await anOrder();
  const eventId = uuidv7();
  await deliver('SellerUnavailable', unavailable(id), eventId);
  await deliver('SellerUnavailable', unavailable(id), eventId);
  expect(await sql('select status, version from orders where id = $1', [id])).toEqual([
    { status: 'CANCELLED', version: '2' },
  ]);
  expect(await timeline(id)).toEqual([
    { type: 'OrderCancelled', source: 'orders', detail: 'nobody has it' },
    { type: 'OrderPlaced', source: 'orders', detail: 'line 1, BRL 1.00 by wallet' },
    { type: 'SellerUnavailable', source: 'routing', detail: 'line 1: nobody has it' },
  ]);
});

test('an event that does not bring its order on is kept too; one of an unknown order is not', async () => {
  const id = await anOrder();
  const risk = { level: 'HIGH', previousLevel: 'LOW', predictedDelayMinutes: 1, since: 'now', reason: 'late' };
  await deliver('RiskLevelChanged', { orderId: id, ...risk });
  expect(await timeline(id)).toContainEqual({ type: 'RiskLevelChanged', source: 'risk', detail: 'LOW to HIGH: late' });
  const unknown = uniqueId('unknown');
  await deliver('SellerUnavailable', unavailable(unknown));
  expect(await timeline(unknown)).toEqual([]);
});
