import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withTransaction } from '@waygraph/kit/database';
import { advanceOrder } from './advance-order.ts';
import type { Fact } from './saga-table.ts';
import { facts } from './testing/saga-facts.ts';
import { anInput, customer, placeOrderMutation, startOrders, type Orders } from './testing/start-orders.ts';

const { assigned, reserved, redeemed, couponRejected, captured, confirmed, handedOver, delivered } = facts;

describe('advanceOrder', () => {
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

  test('takes at most eight statements, its transaction included', async () => {
    const id = await place();
    await tell(id, assigned());
    orders.statements.length = 0;
    await withTransaction(orders.pool, sql => advanceOrder(sql, about(id, reserved())));
    expect(orders.statements.length).toBeLessThanOrEqual(8);
  });
});
