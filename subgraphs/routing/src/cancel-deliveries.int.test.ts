import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { answerStep } from './answer-step.ts';
import { cancelDeliveries, requestCancel } from './cancel-deliveries.ts';
import { confirmHandover } from './confirm-handover.ts';
import { readDeliveries } from './read-deliveries.ts';
import { reassignOrder } from './reassign-order.ts';
import { rejectAssignment } from './reject-assignment.ts';
import { someOrders, upTo, type SomeOrders } from './testing/some-orders.ts';

const operator = { sub: 'op', role: 'operator' } as const;

describe('orders that are called off, and answers that got lost', () => {
  let orders: SomeOrders;
  beforeAll(async () => {
    orders = await someOrders('cancel');
    await orders.world.sellers(
      { id: 'one', lat: -30.04, lon: -51.21, state: 'RS' },
      { id: 'two', lat: -23.55, lon: -46.63, state: 'SP' },
    );
    await orders.world.stock({
      bread: { one: 500, two: 500 },
      milk: { two: 500 },
      salt: { one: 500 },
      nothing: { one: 0 },
    });
  });
  afterAll(() => orders.dispose());

  const owned = (orderId: string) => ({ orderId, customerId: 'c', sellerIds: [] });
  const cancel = (orderId: string, reason?: string) => orders.finish(sql => requestCancel(sql, owned(orderId), reason));
  const retry = (orderId: string, step: string, attempt = 1, status = 'PENDING') =>
    answerStep(orders, { ...owned(orderId), step, attempt, status });
  const types = async (orderId: string) => (await orders.events(orderId)).map(({ type }) => type);
  const handOver = (orderId: string, sellerId: string) =>
    confirmHandover(orders, operator, { orderId, sellerId: orders.world.id(sellerId) });
  const statuses = async (orderId: string) => (await readDeliveries(orders.sql, [orderId])).map(({ status }) => status);

  test('before any hand-over: answered once, and told again to who did not hear of it', async () => {
    const { orderId } = await orders.assign(orders.placed(['salt', 'milk']));
    await orders.confirm(orderId);
    await Promise.all([cancel(orderId, 'changed my mind'), cancel(orderId, 'changed my mind')]);
    expect(await statuses(orderId)).toEqual(['CANCELLED', 'CANCELLED']);
    await retry(orderId, 'CANCEL');
    await retry(orderId, 'ASSIGNMENT');
    const told = (await orders.events(orderId)).slice(5);
    expect(told.map(({ type }) => type)).toEqual(['DeliveryCancelled', 'DeliveryCancelled', 'DeliveryCancelled']);
    for (const { payload } of told) expect(payload).toMatchObject({ attempt: 1, reason: 'changed my mind' });
    expect(await handOver(orderId, 'one')).toMatchObject({ refusals: [{ code: 'TOO_LATE' }] });
  });

  test('a hand-over and a cancellation at once: one of them wins, and both are told so', async () => {
    const ids = await Promise.all(
      upTo(12).map(async () => {
        const { orderId } = await orders.assign(orders.placed(['salt', 'milk']));
        await orders.confirm(orderId);
        return orderId;
      }),
    );
    const outcomes = await Promise.all(
      ids.map(async (orderId, index) => {
        const both = [() => cancel(orderId), () => handOver(orderId, 'one')];
        await Promise.all((index % 2 === 0 ? both : both.toReversed()).map(each => each()));
        return [...new Set(await types(orderId))].slice(3).sort().join() + ' ' + (await statuses(orderId)).join();
      }),
    );
    for (const outcome of outcomes)
      expect(['DeliveryCancelled CANCELLED,CANCELLED', 'CancelRefused,HandedOver HANDED_OVER,STARTED']).toContain(
        outcome,
      );
  });

  test('after a hand-over: refused as often as it is asked, and the rest goes on', async () => {
    const { orderId } = await orders.assign(orders.placed(['salt', 'milk']));
    await orders.confirm(orderId);
    await handOver(orderId, 'one');
    await cancel(orderId);
    await retry(orderId, 'CANCEL');
    expect((await types(orderId)).slice(-2)).toEqual(['CancelRefused', 'CancelRefused']);
    expect((await handOver(orderId, 'two')).refusals).toEqual([]);
  });

  test('before the order is known here: remembered, so that it never begins', async () => {
    const requested = orders.placed(['bread']);
    await Promise.all([cancel(requested.orderId), cancel(requested.orderId)]);
    const cancelling = orders.placed(['bread']);
    const asked = { attempt: 2, reason: 'no answer' };
    await orders.finish(sql => cancelDeliveries(sql, owned(cancelling.orderId), asked));
    const cancelled = orders.placed(['bread']);
    await orders.finish(sql => cancelDeliveries(sql, owned(cancelled.orderId), undefined));
    for (const order of [requested, cancelling, cancelled]) await orders.assign(order);
    expect(await types(requested.orderId)).toEqual(['DeliveryCancelled']);
    expect(await orders.events(cancelling.orderId)).toMatchObject([
      { type: 'DeliveryCancelled', seq: 1, payload: asked },
    ]);
    expect(await types(cancelled.orderId)).toEqual([]);
    // Both at this very moment.
    const racing = await Promise.all(
      upTo(8).map(async () => {
        const order = orders.placed(['bread']);
        await Promise.all([orders.assign(order), cancel(order.orderId)]);
        return (await types(order.orderId)).at(-1);
      }),
    );
    expect(new Set(racing)).toEqual(new Set(['DeliveryCancelled']));
  });

  test('asked again for a cancellation whose request never came: it is done, and nobody says who wanted it', async () => {
    const { orderId } = await orders.assign(orders.placed(['bread']));
    await retry(orderId, 'CANCEL');
    expect((await orders.events(orderId)).at(-1)).toMatchObject({
      ...{ type: 'DeliveryCancelled', payload: { attempt: 1, reason: 'cancelled on request' } },
    });
  });

  test('an assignment is told again as it is; one that is due is made', async () => {
    const { orderId } = await orders.assign(orders.placed(['bread']));
    await retry(orderId, 'ASSIGNMENT');
    const [first, , again] = await orders.events(orderId);
    expect(again).toEqual({ ...first, seq: 3 });
    await rejectAssignment(orders, operator, { orderId, sellerId: orders.world.id('one'), reason: 'broken' });
    await Promise.all([retry(orderId, 'ASSIGNMENT', 2), retry(orderId, 'ASSIGNMENT', 2)]);
    expect((await orders.events(orderId)).slice(3)).toMatchObject([
      { type: 'AssignmentRejected' },
      { type: 'SellerAssigned', payload: { attempt: 2 } },
      { type: 'EtaChanged' },
      { type: 'SellerAssigned', payload: { attempt: 2 } },
    ]);
    // The refusal of the second one never came here.
    await retry(orderId, 'ASSIGNMENT', 3);
    expect((await orders.events(orderId)).at(-1)).toMatchObject({ type: 'SellerAssigned', payload: { attempt: 3 } });
    await reassignOrder(orders, orderId, { kind: 'CONFIRMATION_FAILED', attempt: 2, reason: 'late' });
    expect(await types(orderId)).toHaveLength(8);
  });

  test('that nobody can send it is told again as well', async () => {
    const { orderId } = await orders.assign(orders.placed(['nothing', 'bread']));
    await retry(orderId, 'ASSIGNMENT');
    const [first, again] = await orders.events(orderId);
    expect(again).toEqual({ ...first, seq: 2 });
  });

  test('an order that is not known gets no answer, unless it is being cancelled; steps of others none', async () => {
    const orderId = uniqueId('unknown');
    for (const step of ['ASSIGNMENT', 'CANCEL', 'STOCK', 'PAYMENT']) await retry(orderId, step);
    expect(await types(orderId)).toEqual([]);
    await retry(orderId, 'ASSIGNMENT', 2, 'CANCELLING');
    await retry(orderId, 'ASSIGNMENT', 2, 'CANCELLING');
    expect(await orders.events(orderId)).toMatchObject(
      [1, 2].map(seq => ({ type: 'DeliveryCancelled', seq, payload: { attempt: 2 } })),
    );
  });
});
