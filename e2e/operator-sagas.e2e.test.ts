import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { setCards } from './card-provider.ts';
import type { Order } from './order-types.ts';
import { openOrderWorld, places, type Customer, type OrderWorld } from './order-world.ts';

const home = places.portoAlegre;

describe('an order whose refund the provider refuses for good', () => {
  let world: OrderWorld;
  let productId: string;

  beforeAll(async () => {
    world = await openOrderWorld('stuck');
    const [seller] = (await world.sellers(places.portoAlegreEast)) as [string];
    productId = await world.product(home, { seller, available: 20 });
  }, 60_000);
  afterAll(() => world.dispose());

  /** The order, once its saga has this status, and all of these facts stand in its timeline. */
  const untilSaga = (id: string, status: string, ...facts: string[]): Promise<Order> =>
    waitFor(
      async () => {
        const order = await world.operator.order(id);
        if (order?.saga?.status !== status) return undefined;
        const types = (await world.operator.timeline(id))?.map(({ type }) => type) ?? [];
        return facts.every(type => count(types, type) >= count(facts, type)) ? order : undefined;
      },
      { timeoutMs: 20_000, intervalMs: 50, what: `the saga of ${id} to be ${status} after ${facts.join(', ')}` },
    );
  const count = (types: readonly string[], wanted: string): number => types.filter(type => type === wanted).length;
  const isStuck = async (id: string): Promise<boolean> =>
    (await world.operator.stuckSagas()).some(order => order.id === id);

  /** A cancelled order whose card takes nothing back, and whose saga waits for an operator. */
  async function stuckOrder(): Promise<{ id: string; customer: Customer }> {
    const customer = await world.customer(home);
    const { id } = await world.place(customer, [{ productId, quantity: 1 }], { payment: 'CARD' });
    await world.until(id, 'CONFIRMED');
    await setCards(customer.id, { outcome: 'decline', of: 'refunds' });
    expect((await customer.client.cancelOrder(id, 'too dear')).userErrors).toEqual([]);
    await untilSaga(id, 'NEEDS_OPERATOR', 'StockReleased', 'CompensationStuck', 'SagaStuck');
    return { id, customer };
  }

  test('is listed for operators; they try again, in vain, then with success, and the order ends', async () => {
    const { id, customer } = await stuckOrder();
    expect(await isStuck(id)).toBe(true);
    const again = await world.operator.resumeSaga({ orderId: id, step: 'PAYMENT', note: 'the bank called' });
    expect([again.order?.saga?.status, again.userErrors]).toEqual(['COMPENSATING', []]);
    await untilSaga(id, 'NEEDS_OPERATOR', 'CompensationStuck', 'CompensationStuck', 'SagaStuck', 'SagaStuck');

    await setCards(customer.id, { outcome: 'approve' });
    expect((await world.operator.resumeSaga({ orderId: id, step: 'PAYMENT', note: 'a new card' })).userErrors).toEqual(
      [],
    );
    const ended = await untilSaga(id, 'COMPENSATED', 'PaymentRefunded', 'OrderCancelled');
    expect([ended.status, ended.cancelReason, ended.payment?.refunded]).toEqual([
      ...['CANCELLED', 'too dear', ended.payment?.amount],
    ]);
    expect(await isStuck(id)).toBe(false);
    const late = await world.operator.resumeSaga({ orderId: id, step: 'PAYMENT', note: 'once more' });
    expect(late.userErrors).toMatchObject([{ code: 'STALE_STATE', field: ['step'] }]);
  });

  test('is settled by hand: it ends, and how stands with the step', async () => {
    const { id } = await stuckOrder();
    const settled = { orderId: id, step: 'PAYMENT', note: 'by bank transfer', resolution: 'DONE_BY_HAND' } as const;
    expect((await world.operator.closeSaga({ ...settled, step: 'LUNCH' })).userErrors).toMatchObject([
      { code: 'INVALID_INPUT', field: ['step'] },
    ]);
    const closed = await world.operator.closeSaga(settled);
    expect([closed.order?.status, closed.order?.saga?.status, closed.userErrors]).toEqual([
      ...['CANCELLED', 'COMPENSATED', []],
    ]);
    const { saga } = await untilSaga(id, 'COMPENSATED', 'OrderCancelled');
    expect(saga?.steps).toContainEqual(
      expect.objectContaining({ name: 'PAYMENT', state: 'UNDONE', detail: 'DONE_BY_HAND: by bank transfer' }),
    );
    expect(await isStuck(id)).toBe(false);
  });

  test('is no business of its customer', async () => {
    const { id, customer } = await stuckOrder();
    const stuck = { orderId: id, step: 'PAYMENT', note: 'my money' };
    const refusals = [
      (await customer.client.resumeSaga(stuck)).userErrors,
      (await customer.client.closeSaga({ ...stuck, resolution: 'WRITTEN_OFF' })).userErrors,
    ];
    expect(refusals).toMatchObject([[{ code: 'FORBIDDEN' }], [{ code: 'FORBIDDEN' }]]);
    expect(await customer.client.stuckSagas()).toEqual([]);
    expect((await world.operator.order(id))?.saga?.status).toBe('NEEDS_OPERATOR');
    // Not left behind for those who look at this list next.
    await world.operator.closeSaga({ ...stuck, resolution: 'WRITTEN_OFF' });
  });
});
