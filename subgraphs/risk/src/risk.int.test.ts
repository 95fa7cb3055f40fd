import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withTransaction } from '@waygraph/kit/database';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { assessOrders } from './assess-order.ts';
import type { Fact } from './risk.ts';
import { startRisk, type RiskUnderTest } from './testing/start-risk.ts';

const promisedAt = '2026-11-25T12:00:00.000Z';
const occurred = Date.parse('2026-11-21T09:30:00.123Z');
const estimate = (version: number, expectedAt: string) => ({
  ...{ deliveryId: 'd', laneId: 'SP>RS', version, promisedAt, expectedAt, computedAt: '2026-11-21T09:30:00.000Z' },
});
const intime: Fact = { kind: 'ASSIGNED', attempt: 1, parcels: [estimate(1, '2026-11-24T12:00:00.000Z')] };
const late: Fact = { kind: 'ESTIMATED', parcel: estimate(2, '2026-11-25T12:30:00.000Z') };
const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Order {
  risk { level predictedDelayMinutes reason since action } } } }`;

describe('the risk of an order', () => {
  let risk: RiskUnderTest;
  const customerId = uniqueId('c');
  const sellerId = uniqueId('s');
  const order = uniqueId('o');
  const customer = { sub: customerId, role: 'customer' } as const;

  beforeAll(async () => {
    risk = await startRisk();
  });
  afterAll(() => risk.dispose());

  const hear = (orderId: string, fact: Fact) =>
    withTransaction(risk.pool, sql =>
      assessOrders(sql, [
        { parties: { orderId, customerId, sellerIds: [sellerId] }, fact, occurredUs: occurred * 1000 + 456 },
      ]),
    );
  const told = (orderId: string) =>
    risk.sql<{ type: string; seq: string; payload: unknown }>(
      `select type, seq, payload from outbox where topic = 'delivery.risk' and key = $1 order by outbox.seq`,
      [orderId],
    );
  const ask = async (viewer: Parameters<RiskUnderTest['ask']>[0], ...ids: string[]) => {
    const r = ids.map(id => ({ __typename: 'Order', id }));
    const { data, errors } = await risk.ask(viewer, query, { r });
    expect(errors).toBeUndefined();
    return data._entities.map(entity => entity.risk);
  };

  test('is kept and told as facts come in; a repeat changes nothing', async () => {
    for (const fact of [intime, intime, late, late]) await hear(order, fact);
    expect(await told(order)).toEqual([
      {
        type: 'RiskLevelChanged',
        seq: '1',
        payload: expect.objectContaining({
          ...{ orderId: order, customerId, sellerIds: [sellerId], level: 'ELEVATED', previousLevel: 'LOW' },
          ...{ predictedDelayMinutes: 30, since: '2026-11-21T09:30:00.123Z' },
        }) as unknown,
      },
    ]);
  });

  test('is for its customer, its sellers and operators; null for anybody else, and for orders that nobody knows', async () => {
    const seen = {
      ...{ level: 'ELEVATED', predictedDelayMinutes: 30, since: '2026-11-21T09:30:00.123Z', action: 'NONE' },
      reason: 'the parcel on SP>RS is expected 30 minutes after its promise',
    };
    for (const viewer of [customer, { sub: sellerId, role: 'seller' }, { sub: 'op', role: 'operator' }] as const)
      expect(await ask(viewer, order)).toEqual([seen]);
    for (const viewer of [
      undefined,
      { sub: 'another', role: 'customer' },
      { sub: sellerId, role: 'customer' },
      { sub: customerId, role: 'seller' },
      { sub: 'carrier', role: 'carrier' },
    ] as const)
      expect(await ask(viewer, order)).toEqual([null]);
    expect(await ask({ sub: 'op', role: 'operator' }, 'no-such', '', 'a\0b')).toEqual([null, null, null]);
  });

  test('of many orders takes one statement', async () => {
    const orders = Array.from({ length: 30 }, () => uniqueId('o'));
    await Promise.all(orders.map(id => hear(id, intime)));
    const statements = risk.statements.length;
    const levels = (await ask(customer, ...orders)).map(found => found?.level);
    expect(levels).toEqual(orders.map(() => 'LOW'));
    expect(risk.statements.length - statements).toBe(1);
  });

  test('an arrival that is heard of first is remembered until its parcel is known', async () => {
    const id = uniqueId('o');
    await hear(id, { kind: 'DELIVERED', deliveryId: 'd', deliveredAt: '2026-11-25T12:10:00.000Z' });
    expect(await told(id)).toEqual([]);
    await hear(id, intime);
    expect((await told(id)).map(({ payload }) => payload)).toMatchObject([
      { level: 'CONFIRMED', predictedDelayMinutes: 10 },
    ]);
  });

  test('many facts of many orders take two statements', async () => {
    const orders = Array.from({ length: 30 }, () => uniqueId('o'));
    let statements = 0;
    await withTransaction(risk.pool, sql =>
      assessOrders(
        (text, params) => {
          statements += 1;
          return sql(text, params);
        },
        orders.flatMap(orderId =>
          [intime, late].map(fact => ({
            ...{ parties: { orderId, customerId, sellerIds: [sellerId] }, fact, occurredUs: occurred * 1000 },
          })),
        ),
      ),
    );
    expect(statements).toBe(2);
    expect(await ask(customer, ...orders)).toEqual(orders.map(() => expect.objectContaining({ level: 'ELEVATED' })));
  });

  test('facts at the same moment are heard one after the other, without a gap in what is told', async () => {
    const id = uniqueId('o');
    const versions = Array.from({ length: 20 }, (_, index) => index + 1);
    const dates = ['2026-11-24T12:00:00.000Z', '2026-11-25T13:00:00.000Z'];
    await Promise.all(
      versions.map(version =>
        hear(id, { kind: 'ESTIMATED', parcel: estimate(version, dates[version % 2] ?? promisedAt) }),
      ),
    );
    const [row] = await risk.sql<{ version: string; level: string; newest: number }>(
      `select version, level, (parcels->0->>'version')::int as newest from order_risks where order_id = $1`,
      [id],
    );
    expect(row).toMatchObject({ newest: 20, level: 'LOW' });
    const seqs = (await told(id)).map(({ seq }) => Number(seq));
    expect(seqs).toEqual(Array.from({ length: Number(row?.version) }, (_, index) => index + 1));
  });
});
