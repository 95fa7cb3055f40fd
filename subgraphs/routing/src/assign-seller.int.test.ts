import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NotYet } from '@waygraph/kit/errors';
import { uuidv7 } from '@waygraph/kit/outbox';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { assignSeller } from './assign-seller.ts';
import { cancelDeliveries } from './cancel-deliveries.ts';
import { readDeliveries } from './read-deliveries.ts';
import { reassignOrder } from './reassign-order.ts';
import { startDeliveries } from './start-deliveries.ts';
import { someOrders, upTo, type SomeOrders } from './testing/some-orders.ts';

describe('the way of an order to its sellers', () => {
  let orders: SomeOrders;
  beforeAll(async () => {
    orders = await someOrders('assign');
    await orders.world.sellers(
      { id: 'near', lat: -30.04, lon: -51.21, state: 'RS' },
      { id: 'middle', lat: -29.9, lon: -51.1, state: 'RS' },
      { id: 'far', lat: -23.55, lon: -46.63, state: 'SP' },
    );
    // So different that no lane or road of whatever is loaded changes who is better.
    await orders.world.write(
      `insert into stats.seller_handling (seller_id, median_minutes, order_count, updated_at)
       values ($1, 60, 10000, now()), ($2, 3000, 10000, now()), ($3, 9000, 10000, now())`,
      ['near', 'middle', 'far'].map(name => orders.world.id(name)),
    );
    await orders.world.stock({
      bread: { near: 5, middle: 5, far: 5 },
      milk: { far: 5 },
      salt: { near: 5 },
      egg: { near: 5, middle: 5 },
      nothing: { near: 0 },
    });
  });
  afterAll(() => orders.dispose());

  const seller = (name: string) => orders.world.id(name);
  const parcels = async (orderId: string) =>
    (await readDeliveries(orders.sql, [orderId])).map(({ sellerId, status, attempt, lines }) => ({
      ...{ sellerId, status, attempt },
      lineNos: lines.map(({ lineNo }) => lineNo),
    }));
  const reject = (orderId: string, attempt: number, lineNos: number[]) =>
    reassignOrder(orders, orderId, { kind: 'STOCK_REJECTED', attempt, lineNos, reason: 'out of stock' });
  const types = async (orderId: string) => (await orders.events(orderId)).map(({ type, seq }) => `${seq} ${type}`);

  test('is chosen once: the parcel, its estimate and what is told of both', async () => {
    const order = orders.placed(['bread']);
    await Promise.all([orders.assign(order), orders.assign(order)]);
    await orders.assign(order);

    expect(await parcels(order.orderId)).toEqual([
      { sellerId: seller('near'), status: 'ASSIGNED', attempt: 1, lineNos: [1] },
    ]);
    const [assigned, told, ...more] = await orders.events(order.orderId);
    expect(more).toEqual([]);
    const { orderId, customerId } = order;
    expect(assigned).toMatchObject({
      ...{ type: 'SellerAssigned', seq: 1 },
      payload: {
        ...{ orderId, customerId, sellerIds: [seller('near')], attempt: 1, droppedLineNos: [] },
        parcels: [{ sellerId: seller('near'), laneId: 'RS>RS', lines: [{ lineNo: 1, sellerId: seller('near') }] }],
      },
    });
    expect(told).toMatchObject({
      ...{ type: 'EtaChanged', seq: 2 },
      payload: { orderId, customerId, sellerId: seller('near'), eta: { version: 1, reason: 'ASSIGNED' } },
    });
    expect(told?.payload).not.toHaveProperty('previousExpectedAt');
    const ledger = await orders.sql<{ id: string; parts: { minutes: number }[]; ms: number }>(
      `select e.id, e.parts, (extract(epoch from e.expected_at - r.placed_at) * 1000)::float8 as ms
       from eta_ledger e join deliveries d on d.id = e.delivery_id join order_routes r using (order_id) where order_id = $1`,
      [orderId],
    );
    expect(ledger).toHaveLength(1);
    const minutes = ledger[0]!.parts.reduce((sum, part) => sum + part.minutes, 0);
    expect(minutes * 60_000).toBeCloseTo(ledger[0]!.ms, 3);
    const { eta } = told!.payload as { eta: { etaId: string; promisedAt: string; expectedAt: string } };
    expect(eta.etaId).toBe(ledger[0]!.id);
    expect(Date.parse(eta.promisedAt)).toBeGreaterThan(Date.parse(eta.expectedAt));
  });

  test('several sellers get a parcel each, with one promise for all', async () => {
    const { orderId } = await orders.assign(orders.placed(['salt', 'milk']));
    expect(await parcels(orderId)).toEqual([
      { sellerId: seller('far'), status: 'ASSIGNED', attempt: 1, lineNos: [2] },
      { sellerId: seller('near'), status: 'ASSIGNED', attempt: 1, lineNos: [1] },
    ]);
    const promised = (await readDeliveries(orders.sql, [orderId])).map(({ eta }) => eta.promisedAt);
    expect(new Set(promised).size).toBe(1);
    expect(await types(orderId)).toEqual(['1 SellerAssigned', '2 EtaChanged', '3 EtaChanged']);
  });

  test('stock gone: the next candidate, then the last, then nobody; the promise stays, a repeat does nothing', async () => {
    const { orderId } = await orders.assign(orders.placed(['bread']));
    const [first] = await readDeliveries(orders.sql, [orderId]);
    await Promise.all([reject(orderId, 1, [1]), reject(orderId, 1, [1])]);
    expect(await parcels(orderId)).toEqual([
      { sellerId: seller('middle'), status: 'ASSIGNED', attempt: 2, lineNos: [1] },
      { sellerId: seller('near'), status: 'REASSIGNED', attempt: 1, lineNos: [1] },
    ]);
    await reject(orderId, 1, [1]);
    await reject(orderId, 2, [1]);
    await reject(orderId, 3, [1]);
    await reject(orderId, 3, [1]);

    const told = await orders.events(orderId);
    expect(told.map(({ type }) => type)).toEqual([
      ...['SellerAssigned', 'EtaChanged', 'SellerAssigned', 'EtaChanged', 'SellerAssigned', 'EtaChanged'],
      'SellerUnavailable',
    ]);
    expect(told.map(({ seq }) => seq)).toEqual(upTo(7));
    expect(told.at(-1)?.payload).toMatchObject({ attempt: 4, lineNos: [1], reason: 'out of stock' });
    const promised = (await readDeliveries(orders.sql, [orderId])).map(({ eta }) => eta.promisedAt);
    expect(new Set(promised)).toEqual(new Set([first?.eta.promisedAt]));
  });

  test('who keeps some lines keeps its parcel and its estimate; who lost all may come back to its parcel', async () => {
    const { orderId } = await orders.assign(orders.placed(['bread', 'egg']));
    const [first] = await readDeliveries(orders.sql, [orderId]);
    expect(first).toMatchObject({ sellerId: seller('near'), lines: [{ lineNo: 1 }, { lineNo: 2 }] });
    await reject(orderId, 1, [1]);
    expect(await parcels(orderId)).toEqual([
      { sellerId: seller('middle'), status: 'ASSIGNED', attempt: 2, lineNos: [1, 2] },
      { sellerId: seller('near'), status: 'REASSIGNED', attempt: 1, lineNos: [1, 2] },
    ]);
    await reject(orderId, 2, [2]);
    expect(await parcels(orderId)).toEqual([
      { sellerId: seller('middle'), status: 'ASSIGNED', attempt: 3, lineNos: [1] },
      { sellerId: seller('near'), status: 'ASSIGNED', attempt: 3, lineNos: [2] },
    ]);
    const back = (await readDeliveries(orders.sql, [orderId])).find(({ id }) => id === first?.id);
    expect(back?.eta).toMatchObject({ version: 2, previousExpectedAt: first?.eta.expectedAt });
    expect(await types(orderId)).toEqual([
      ...['1 SellerAssigned', '2 EtaChanged', '3 SellerAssigned', '4 EtaChanged', '5 SellerAssigned', '6 EtaChanged'],
    ]);
    expect((await orders.events(orderId)).at(-1)?.payload).toMatchObject({
      sellerIds: [seller('middle'), seller('near')],
      sellerId: seller('near'),
    });
  });

  test('lines nobody has: the order cannot be served, or goes on without them', async () => {
    const whole = await orders.assign(orders.placed(['bread', 'nothing']));
    expect(await orders.events(whole.orderId)).toMatchObject([
      { type: 'SellerUnavailable', seq: 1, payload: { attempt: 1, lineNos: [2], sellerIds: [] } },
    ]);
    const partial = await orders.assign(orders.placed(['bread', 'nothing'], { allowPartial: true }));
    expect((await orders.events(partial.orderId))[0]).toMatchObject({
      type: 'SellerAssigned',
      payload: { droppedLineNos: [2], parcels: [{ lines: [{ lineNo: 1 }] }] },
    });
    const nothing = await orders.assign(orders.placed(['nothing'], { allowPartial: true }));
    expect(await types(nothing.orderId)).toEqual(['1 SellerUnavailable']);
  });

  test('a product that is for sale since a moment is waited for, while the order is young', async () => {
    const order = orders.placed(['bread', 'new'], { allowPartial: true });
    await expect(orders.assign(order)).rejects.toThrow(NotYet);
    expect(await orders.events(order.orderId)).toEqual([]);
    const old = orders.placed(['new'], { placedAt: new Date(Date.now() - 3_001).toISOString() });
    await orders.assign(old);
    expect(await types(old.orderId)).toEqual(['1 SellerUnavailable']);
    await orders.world.stock({ new: { near: 1 } });
    await orders.assign(order);
    expect(await parcels(order.orderId)).toMatchObject([{ sellerId: seller('near'), lineNos: [1, 2] }]);
  });

  test('an address outside every hub', async () => {
    const shipTo = { postalCode: '', city: '', state: 'XX' };
    const { orderId } = await orders.assign(orders.placed(['bread'], { shipTo }));
    expect(await orders.events(orderId)).toMatchObject([
      { type: 'SellerUnavailable', payload: { lineNos: [1], reason: 'the address lies outside every hub' } },
    ]);
    await reject(orderId, 1, [1]);
    expect(await types(orderId)).toEqual(['1 SellerUnavailable']);
  });

  test('confirmed: the parcels are started, once', async () => {
    const { orderId } = await orders.assign(orders.placed(['salt', 'milk']));
    await Promise.all([orders.confirm(orderId), orders.confirm(orderId)]);
    expect((await parcels(orderId)).map(({ status }) => status)).toEqual(['STARTED', 'STARTED']);
    expect((await types(orderId)).slice(3)).toEqual(['4 DeliveryStarted', '5 DeliveryStarted']);
    const [delivery] = await readDeliveries(orders.sql, [orderId]);
    expect(delivery!.handoverDueAt! - delivery!.startedAt!).toBe(72 * 3_600_000);
    await reject(orderId, 1, [1]);
    await orders.confirm(uniqueId('unknown'));
    expect(await types(orderId)).toHaveLength(5);
  });

  test('many confirmations, also of one order and with orders that are not there, take three statements', async () => {
    const made = await Promise.all([...upTo(5)].map(() => orders.assign(orders.placed(['salt', 'milk']))));
    const confirmed = [...made, made[0]!, orders.placed(['salt'])].map(({ orderId }) => ({ orderId, attempt: 1 }));
    let statements = 0;
    await orders.finish(sql =>
      startDeliveries((text, params) => {
        statements += 1;
        return sql(text, params);
      }, confirmed),
    );
    expect(statements).toBe(3);
    for (const { orderId } of made) {
      expect((await parcels(orderId)).map(({ status }) => status)).toEqual(['STARTED', 'STARTED']);
      expect((await types(orderId)).slice(3)).toEqual(['4 DeliveryStarted', '5 DeliveryStarted']);
    }
  });

  test('one that was placed so lately that its route may only not be visible yet is confirmed later', async () => {
    const orderId = uuidv7();
    await expect(orders.confirm(orderId)).rejects.toThrow(`${orderId} is not there yet`);
  });

  test('is written in two statements, however many lines and parcels', async () => {
    const counts: number[] = [];
    const finish: typeof orders.finish = work =>
      orders.finish(async sql => {
        let statements = 0;
        await work((text, params) => {
          statements += 1;
          return sql(text, params);
        });
        counts.push(statements);
      });
    for (const products of [['salt'], ['salt', 'milk', 'egg']]) {
      const order = orders.placed(products);
      await assignSeller({ ...orders, finish }, order);
      // Once more, it writes nothing.
      await assignSeller({ ...orders, finish }, order);
      expect(await types(order.orderId)).toContain('2 EtaChanged');
      expect(await types(order.orderId)).toHaveLength(products.length === 1 ? 2 : 3);
    }
    // The factors held, with the clock; all that is written.
    expect(counts).toEqual([2, 2, 2, 2]);
  });

  test('cancelled: the parcels end, whoever waits is answered once, and nobody is chosen any more', async () => {
    const cancel = (orderId: string, asked?: { attempt: number; reason: string }) =>
      orders.finish(sql => cancelDeliveries(sql, { orderId, customerId: 'c', sellerIds: [] }, asked));
    const { orderId } = await orders.assign(orders.placed(['salt', 'milk']));
    const asked = { attempt: 1, reason: 'the wallet is too low' };
    await Promise.all([cancel(orderId, asked), cancel(orderId, asked)]);
    await cancel(orderId);
    await reject(orderId, 1, [1]);
    await orders.confirm(orderId);
    expect((await parcels(orderId)).map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
    expect((await types(orderId)).slice(3)).toEqual(['4 DeliveryCancelled']);
    expect((await orders.events(orderId)).at(-1)?.payload).toMatchObject(asked);

    const silent = await orders.assign(orders.placed(['salt']));
    await cancel(silent.orderId);
    expect(await types(silent.orderId)).toEqual(['1 SellerAssigned', '2 EtaChanged']);
    await cancel(silent.orderId, asked);
    expect((await types(silent.orderId)).slice(2)).toEqual(['3 DeliveryCancelled']);
  });
});
