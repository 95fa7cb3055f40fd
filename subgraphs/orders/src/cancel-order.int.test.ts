import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Viewer } from '@waygraph/kit/auth';
import { ordersAtWork, type OrdersAtWork } from './testing/orders-at-work.ts';
import { facts } from './testing/saga-facts.ts';
import { customer, operator } from './testing/start-orders.ts';

const { assigned, reserved, captured, confirmed, handedOver, deliveryCancelled, cancelRefused, released, refunded } =
  facts;
const paid = [assigned(), reserved(), captured(), confirmed()];
const mutation = `mutation ($id: ID!, $reason: String) { cancelOrder(id: $id, reason: $reason) {
  order { id status version } cursor userErrors { code field } } }`;

describe('cancelOrder', () => {
  let work: OrdersAtWork;
  beforeAll(async () => {
    work = await ordersAtWork();
  });
  afterAll(() => work.orders.dispose());

  const cancel = async (id: string, viewer: Viewer | undefined = work.ana, reason?: string) =>
    (await work.orders.ask(viewer, mutation, { id, reason })).data.cancelOrder;
  const actions = (id: string) =>
    work.orders.sql('select operator, action, step, note from operator_actions where order_id = $1', [id]);

  test('asks routing once, however often it is asked, and gives the order with a cursor behind its own event', async () => {
    const id = await work.anOrder(...paid);
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => cancel(id, work.ana, 'too dear')));
    expect(first).toMatchObject({
      order: { id, status: 'CONFIRMED', version: 4 },
      cursor: expect.any(String),
      userErrors: [],
    });
    for (const other of others) expect(other.order).toEqual(first?.order);
    expect(await work.types(id, 4)).toEqual(['OrderCancelRequested']);
    expect((await work.orders.events(id)).at(-1)?.payload).toMatchObject({ reason: 'too dear', status: 'CONFIRMED' });
    expect((await work.see(id)).saga).toMatchObject({
      status: 'RUNNING',
      awaiting: expect.arrayContaining(['DeliveryCancelled']),
    });
  });

  test('routing agrees: everything but the delivery is undone, then it is cancelled', async () => {
    const id = await work.anOrder(...paid);
    await cancel(id);
    await work.tell(id, deliveryCancelled());
    expect(await work.see(id)).toMatchObject({ status: 'CANCELLING', cancelReason: 'cancelled by the customer' });
    expect((await work.orders.events(id)).at(-1)?.payload).toMatchObject({ undo: ['STOCK', 'PAYMENT'] });
    await work.tell(id, released(), refunded());
    expect(await work.see(id)).toMatchObject({ status: 'CANCELLED', saga: { status: 'COMPENSATED', awaiting: [] } });
    expect(await work.types(id, 4)).toEqual(['OrderCancelRequested', 'OrderCancelling', 'OrderCancelled']);
    expect((await cancel(id)).order).toMatchObject({ status: 'CANCELLED' });
  });

  test('routing refuses: that is told and kept, and the order goes on', async () => {
    const id = await work.anOrder(...paid);
    await cancel(id);
    await work.tell(id, cancelRefused());
    expect(await work.see(id)).toMatchObject({ status: 'CONFIRMED', cancelRefused: 'it was handed over' });
    expect(await work.types(id, 5)).toEqual(['OrderCancelRefused']);
    expect(await cancel(id)).toMatchObject({
      order: null,
      cursor: null,
      userErrors: [{ code: 'TOO_LATE', field: ['id'] }],
    });
  });

  test('is too late once a parcel was handed over', async () => {
    const id = await work.anOrder(...paid, handedOver('s1'));
    expect((await cancel(id)).userErrors).toMatchObject([{ code: 'TOO_LATE' }]);
    expect(await work.types(id, 4)).toEqual([]);
  });

  test('an operator cancels for others, which is kept; nobody else can tell that the order exists', async () => {
    const id = await work.anOrder(...paid);
    for (const viewer of [undefined, { sub: 's1', role: 'seller' }, { sub: 'c', role: 'carrier' }] as const)
      expect((await work.orders.ask(viewer, mutation, { id })).data.cancelOrder.userErrors).toMatchObject([
        { code: 'FORBIDDEN' },
      ]);
    const strangers = [await cancel(id, customer()), await cancel('no-such-order'), await cancel('a\0b')];
    for (const { order, userErrors } of strangers)
      expect([order, userErrors]).toEqual([null, [{ code: 'NOT_FOUND', field: ['id'] }]]);
    expect((await cancel(id, operator, 'x'.repeat(501))).userErrors).toMatchObject([
      { code: 'INVALID_INPUT', field: ['reason'] },
    ]);
    expect(await actions(id)).toEqual([]);
    expect((await cancel(id, operator, 'fraud')).userErrors).toEqual([]);
    expect(await actions(id)).toEqual([{ operator: 'op', action: 'CANCEL', step: null, note: 'fraud' }]);
  });
});
