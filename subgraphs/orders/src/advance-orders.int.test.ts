import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withTransaction } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { advanceOrders, type Heard } from './advance-orders.ts';
import type { Fact } from './saga-table.ts';
import { facts } from './testing/saga-facts.ts';
import { anInput, customer, heard, placeOrderMutation, startOrders, type Orders } from './testing/start-orders.ts';

const { assigned, reserved, rejected, redeemed, couponRejected, captured, confirmed, handedOver, delivered } = facts;

describe('advanceOrders', () => {
  let orders: Orders;
  let products: string[];
  beforeAll(async () => {
    orders = await startOrders();
    products = [await orders.product(600), await orders.product(200)];
  });
  afterAll(() => orders.dispose());

  const ana = customer();
  const place = async (given: Record<string, unknown> = {}) =>
    (await orders.ask(ana, placeOrderMutation, { input: anInput(products, given) })).data.placeOrder.order!.id;
  /** The fact, about this order. */
  const about = (orderId: string, fact: Fact) => ({ ...fact, data: { ...fact.data, orderId } }) as Fact;
  const advance = (...given: Heard[]) => withTransaction(orders.pool, sql => advanceOrders(sql, given));
  const tell = async (orderId: string, ...told: Fact[]) => {
    for (const fact of told) await orders.tell(about(orderId, fact));
  };
  const read = async (orderId: string) =>
    (
      await orders.ask(
        ana,
        `query ($id: ID!) { order(id: $id) { status version cancelReason discount { amountMinor } total { amountMinor }
           lines { status sellerId seller { id } } saga { status step awaiting steps { name state attempt } deadlineAt }
           timeline { nodes { type source detail } } } }`,
        { id: orderId },
      )
    ).data.order!;
  const types = async (orderId: string) => (await orders.events(orderId)).map(({ type, seq }) => `${seq} ${type}`);
  const revision = async (orderId: string) =>
    (await orders.sql<{ revision: string }>('select revision from orders where id = $1', [orderId]))[0]?.revision;

  test('brings an order from the click to the door, and every event has its place in the timeline', async () => {
    const id = await place({ couponCode: 'TEN' });
    await tell(id, assigned(), redeemed(), reserved());
    expect(await read(id)).toMatchObject({
      ...{ status: 'AWAITING_PAYMENT', version: 2, discount: { amountMinor: 100 }, total: { amountMinor: 900 } },
      lines: [{ seller: { id: 's1' } }, { seller: { id: 's2' } }],
      saga: { status: 'RUNNING', step: 'PAYMENT', awaiting: ['PaymentCaptured'], deadlineAt: expect.any(String) },
    });
    await tell(id, captured(900), confirmed(), handedOver('s1'), handedOver('s2'), delivered('s1'), delivered('s2'));
    const order = await read(id);
    expect(order).toMatchObject({ status: 'DELIVERED', version: 5 });
    expect(order.saga).toMatchObject({ status: 'COMPLETED', step: 'DELIVERY', awaiting: [], deadlineAt: null });
    const told = ['OrderPlaced', 'OrderReadyForPayment', 'OrderConfirmed', 'OrderHandedOver', 'OrderDelivered'];
    expect(await types(id)).toEqual(told.map((type, index) => `${index + 1} ${type}`));
    expect(order.timeline!.nodes).toHaveLength(told.length + 9);
    expect(order.timeline!.nodes.filter(({ source }) => source === 'orders').map(({ type }) => type)).toEqual(told);
  });

  test('changes nothing by a repeat or for an order that is not there', async () => {
    const id = await place();
    await tell(id, assigned(), reserved());
    const before = [await revision(id), await types(id)];
    await tell(id, reserved(), assigned());
    await tell('no-such-order', assigned());
    expect([await revision(id), await types(id)]).toEqual(before);
  });

  test('two answers at the same moment do not miss each other', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => place({ couponCode: 'TEN' })));
    await Promise.all(ids.map(id => tell(id, assigned())));
    await Promise.all(ids.flatMap(id => [tell(id, reserved()), tell(id, redeemed())]));
    for (const id of ids) {
      expect(await types(id)).toEqual(['1 OrderPlaced', '2 OrderReadyForPayment']);
      expect((await read(id)).status).toBe('AWAITING_PAYMENT');
    }
  });

  test('cancels by saying exactly what is to be undone, and ends when it is', async () => {
    const id = await place({ couponCode: 'TEN' });
    await tell(id, assigned(), couponRejected());
    expect((await read(id)).status).toBe('ROUTED');
    await tell(id, reserved());
    expect(await read(id)).toMatchObject({
      ...{ status: 'CANCELLING', cancelReason: 'the coupon has expired' },
      saga: { status: 'COMPENSATING', awaiting: ['DeliveryCancelled', 'StockReleased'] },
    });
    expect((await orders.events(id)).at(-1)).toMatchObject({
      ...{ type: 'OrderCancelling', payload: { undo: ['DELIVERY', 'STOCK'], sellerIds: ['s1', 's2'] } },
    });
    await tell(id, facts.released(), facts.deliveryCancelled());
    expect(await read(id)).toMatchObject({ status: 'CANCELLED', version: 3, saga: { status: 'COMPENSATED' } });
  });

  test('a line that is dropped costs nothing and has no seller', async () => {
    const id = await place({ allowPartial: true });
    await tell(id, assigned(1, ['s1', null]));
    expect(await read(id)).toMatchObject({
      ...{ status: 'ROUTED', version: 2, total: { amountMinor: 600 } },
      lines: [
        { status: 'ACTIVE', sellerId: 's1' },
        { status: 'DROPPED', sellerId: null },
      ],
    });
    expect(await types(id)).toEqual(['1 OrderPlaced', '2 OrderLinesDropped']);
  });

  test('facts of one order that come together see each other, and end as they do one by one', async () => {
    const told = [assigned(), redeemed(), reserved(), captured(900), captured(900), confirmed()];
    const [alone, together] = [await place({ couponCode: 'TEN' }), await place({ couponCode: 'TEN' })];
    await tell(alone, ...told);
    await advance(...told.map(fact => heard(about(together, fact))));
    const views = await Promise.all([alone, together].map(read));
    expect(views[1]).toMatchObject({ ...views[0], saga: { ...views[0]!.saga, deadlineAt: null }, timeline: {} });
    expect(views[1]?.status).toBe('CONFIRMED');
    expect(await types(together)).toEqual(await types(alone));
    expect(await revision(together)).toBe(await revision(alone));
    expect(views[1]?.timeline?.nodes.map(({ type }) => type).toSorted()).toEqual(
      views[0]?.timeline?.nodes.map(({ type }) => type).toSorted(),
    );
  });

  test('each order of many is brought on by its own facts, and what follows keeps the trace of its cause', async () => {
    const ids = [await place(), await place(), await place()];
    const traces = ids.map(() => randomBytes(16).toString('hex'));
    await advance(
      ...ids.map(id => heard(about(id, assigned()))),
      ...ids.map((id, index) => ({
        ...heard(about(id, index === 1 ? rejected() : reserved())),
        traceparent: `00-${traces[index] ?? ''}-00f067aa0ba902b7-01`,
      })),
    );
    expect((await Promise.all(ids.map(read))).map(({ status }) => status)).toEqual([
      ...['AWAITING_PAYMENT', 'ROUTED', 'AWAITING_PAYMENT'],
    ]);
    const rows = await orders.sql<{ key: string; traceparent: string }>(
      `select key, traceparent from outbox where key = any ($1) and type = 'OrderReadyForPayment' order by key`,
      [ids],
    );
    expect(rows.map(({ key, traceparent }) => [key, traceparent.split('-')[1]])).toEqual(
      [0, 2].map(index => [ids[index], traces[index]]).toSorted(),
    );
  });

  test('one event of an order that may still be on its way fails all that came with it; of one that never was there, none', async () => {
    const id = await place();
    const young = advance(heard(about(id, assigned())), heard(about(uuidv7(), assigned())));
    await expect(young).rejects.toThrow('is not there yet');
    const risky = heard({ type: 'RiskLevelChanged', data: {} } as unknown as Fact);
    await expect(advance(heard(about(id, assigned())), { ...risky, key: uuidv7() })).rejects.toThrow(
      'is not there yet',
    );
    expect((await read(id)).status).toBe('PENDING');
    const unknown = uniqueId('order');
    await advance(heard(about(unknown, assigned())), heard(about(id, assigned())), { ...risky, key: unknown });
    expect((await read(id)).status).toBe('ROUTED');
    expect(await orders.sql('select from timeline where order_id = $1', [unknown])).toEqual([]);
  });

  test('takes two statements besides its transaction, however many facts there are', async () => {
    const ids = [await place(), await place(), await place()];
    orders.statements.length = 0;
    await advance(...ids.flatMap(id => [assigned(), reserved()].map(fact => heard(about(id, fact)))));
    expect(orders.statements).toHaveLength(4);
  });
});
