import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { handleOnce } from '@waygraph/kit/handle-once';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { onRiskFacts } from './on-risk-fact.ts';

const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 2, name: 'risk-consumer-test' });
const sql = sqlOfPool(pool);
const group = uniqueId('risk');
afterAll(() => pool.end());

const handlers = onRiskFacts();
const deliver = async (type: string, data: object, id: string = randomUUID()) => {
  const handler = handlers.find(({ definition }) => definition.type === type)!;
  const event = handler.definition.parse(data);
  const place = { topic: handler.definition.topic, partition: 0, offset: '0', key: null, seq: 1 };
  const occurredUs = Date.parse('2026-11-21T09:30:00Z') * 1000;
  await handler.wire({ transact: handleOnce(pool, group) })({
    id,
    event,
    ...place,
    occurredUs,
  });
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
  await deliver('SellerAssigned', assigned(order, intime));
  const id = randomUUID();
  const changed = { ...about(order), ...parcel, eta: eta(2, late), previousExpectedAt: intime };
  for (const again of [id, id, randomUUID()]) await deliver('EtaChanged', changed, again);
  expect(await level(order)).toBe('ELEVATED');
  await deliver('Delivered', { ...about(order), ...parcel, deliveredAt: late });
  expect(await told(order)).toEqual(['ELEVATED', 'CONFIRMED']);
});

test.each([
  ['lost', 'DeliveryLost', { ...parcel, lineNos: [1], reason: 'fell off' }],
  ['rejected by its seller', 'AssignmentRejected', { ...parcel, attempt: 1, lineNos: [1], reason: 'broken' }],
  ['cancelled', 'DeliveryCancelled', { attempt: 1, reason: 'cancelled' }],
  ['of a cancelled order', 'OrderCancelled', { status: 'CANCELLED', version: 3, reason: 'cancelled' }],
])('a late parcel that is %s is a risk no more', async (_, type, data) => {
  const order = uniqueId('o');
  await deliver('SellerAssigned', assigned(order, late));
  await deliver(type, { ...about(order), ...data });
  expect(await told(order)).toEqual(['ELEVATED', 'LOW']);
});

test('what comes in a row shares its statements, whatever it tells', () => {
  const first = handlers.map(({ together }) => together);
  expect(first[0]).toBeDefined();
  expect(new Set(first).size).toBe(1);
});
