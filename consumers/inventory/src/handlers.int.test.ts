import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadCatalogue } from '@waygraph/inventory/load-catalogue';
import { someCatalogue } from '@waygraph/inventory/testing/some-catalogue';
import { assignedOrder } from '@waygraph/inventory/testing/some-order';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import type { EventHandler } from '@waygraph/kit/event-consumer';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { onOrderCancelling } from './on-order-cancelling.ts';
import { onPaymentCaptured } from './on-payment-captured.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';

const pool = createPool({ url: testEnv('INVENTORY_DATABASE_URL'), max: 4, name: 'inventory-consumer-test' });
const sql = sqlOfPool(pool);
const prefix = uniqueId('con');
const [product, seller] = [`${prefix}-p000`, `${prefix}-s000`];
beforeAll(() => loadCatalogue({ pool }, someCatalogue(prefix)));
afterAll(() => pool.end());

const deliver = async (handler: EventHandler, data: object, id: string = randomUUID()) => {
  const { topic, type } = handler.definition;
  const event = handler.definition.parse(data);
  const place = { topic, partition: 0, offset: '0', key: null, seq: 1, occurredUs: Date.now() * 1000 };
  await handler.wire({ pool, group: prefix, alongside: () => Promise.resolve() })({ id, event, ...place });
  return type;
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
    [onSellerAssigned({ reservationTtlMinutes: 15 }), assigned(order), randomUUID()],
    [onPaymentCaptured(), captured(order), randomUUID()],
    [onOrderCancelling(), cancelling(order, ['DELIVERY', 'STOCK', 'PAYMENT']), randomUUID()],
  ] as const;
  for (const [handler, data, id] of steps) await deliver(handler, data, id);
  const all = ['StockReserved', 'StockConfirmed', 'StockReleased'];
  expect(await told(order)).toEqual(all);
  // Under its own id it is known by the inbox, under another by the order's state.
  for (const [handler, data, id] of steps) {
    await deliver(handler, data, id);
    await deliver(handler, data);
  }
  expect(await told(order)).toEqual(all);
  expect(await sql('select available, reserved, sold from stock where product_id = $1', [product])).toEqual([
    { available: 10, reserved: 0, sold: 0 },
  ]);
});

test('a cancellation that does not ask for the stock leaves it where it is', async () => {
  const order = uniqueId('o');
  await deliver(onSellerAssigned({ reservationTtlMinutes: 15 }), assigned(order));
  await deliver(onOrderCancelling(), cancelling(order, ['COUPON']));
  expect(await told(order)).toEqual(['StockReserved']);
});
