import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import type { EventHandler } from '@waygraph/kit/event-consumer';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { onAssignmentRejected } from './on-assignment-rejected.ts';
import { onDelivered } from './on-delivered.ts';
import { onDeliveryCancelled } from './on-delivery-cancelled.ts';
import { onDeliveryLost } from './on-delivery-lost.ts';
import { onEtaChanged } from './on-eta-changed.ts';
import { onOrderCancelled } from './on-order-cancelled.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';

const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 2, name: 'risk-consumer-test' });
const sql = sqlOfPool(pool);
const group = uniqueId('risk');
afterAll(() => pool.end());

const deliver = async (handler: EventHandler, data: object, id: string = randomUUID()) => {
  const event = handler.definition.parse(data);
  const place = { topic: handler.definition.topic, partition: 0, offset: '0', key: null, seq: 1 };
  const occurredUs = Date.parse('2026-11-21T09:30:00Z') * 1000;
  await handler.wire({ pool, group, alongside: () => Promise.resolve() })({ id, event, ...place, occurredUs });
};
const level = async (orderId: string) =>
  (await sql<{ level: string }>('select level from order_risks where order_id = $1', [orderId]))[0]?.level;
const told = async (orderId: string) =>
  (
    await sql<{ level: string }>(`select payload->>'level' as level from outbox where key = $1 order by seq`, [orderId])
  ).map(row => row.level);

const promisedAt = '2026-11-25T12:00:00.000Z';
const eta = (version: number, expectedAt: string) => ({
  ...{ etaId: `e${String(version)}`, version, expectedAt, earliestAt: expectedAt, latestAt: expectedAt, promisedAt },
  ...{ computedAt: '2026-11-21T09:30:00.000Z', reason: 'ASSIGNED' },
});
const parcel = { deliveryId: 'd', sellerId: 's', laneId: 'SP>RS' };
const intime = '2026-11-25T11:00:00.000Z';
const late = '2026-11-25T13:00:00.000Z';
const about = (orderId: string) => ({ orderId, customerId: 'ana', sellerIds: ['s'] });
const assigned = (orderId: string, expectedAt: string) => ({
  ...about(orderId),
  ...{ attempt: 1, droppedLineNos: [] },
  parcels: [
    {
      ...{ ...parcel, scoreMinutes: 60, eta: eta(1, expectedAt) },
      lines: [{ lineNo: 1, productId: 'p', sellerId: 's', quantity: 1 }],
    },
  ],
});

test('an order that is expected too late, and comes too late', async () => {
  const order = uniqueId('o');
  await deliver(onSellerAssigned(), assigned(order, intime));
  const id = randomUUID();
  const changed = { ...about(order), ...parcel, eta: eta(2, late), previousExpectedAt: intime };
  for (const again of [id, id, randomUUID()]) await deliver(onEtaChanged(), changed, again);
  expect(await level(order)).toBe('ELEVATED');
  await deliver(onDelivered(), { ...about(order), ...parcel, deliveredAt: late });
  expect(await told(order)).toEqual(['ELEVATED', 'CONFIRMED']);
});

test.each([
  ['lost', onDeliveryLost(), { ...parcel, lineNos: [1], reason: 'fell off' }],
  ['rejected by its seller', onAssignmentRejected(), { ...parcel, attempt: 1, lineNos: [1], reason: 'broken' }],
  ['cancelled', onDeliveryCancelled(), { attempt: 1, reason: 'cancelled' }],
  ['of a cancelled order', onOrderCancelled(), { status: 'CANCELLED', version: 3, reason: 'cancelled' }],
])('a late parcel that is %s is a risk no more', async (_, handler, data) => {
  const order = uniqueId('o');
  await deliver(onSellerAssigned(), assigned(order, late));
  await deliver(handler, { ...about(order), ...data });
  expect(await told(order)).toEqual(['ELEVATED', 'LOW']);
});
