import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { openOrderWorld, places, priceMinor, type Customer, type OrderWorld } from './order-world.ts';

const home = places.portoAlegre;
const balance = 1_000_000;

describe('people change their minds', () => {
  let world: OrderWorld;
  let near: string;
  let far: string;
  let productId: string;
  let customer: Customer;

  beforeAll(async () => {
    world = await openOrderWorld('change');
    [near, far] = (await world.sellers(places.portoAlegreEast, places.saoPaulo)) as [string, string];
    productId = await world.product(home, { seller: near, available: 100 }, { seller: far, available: 100 });
  }, 60_000);
  afterAll(() => world.dispose());

  /** An order that is confirmed, and everything as it was before it. */
  async function confirmed(lines = [{ productId, quantity: 1 }]) {
    customer = await world.customer(home, balance);
    const before = await world.stock(productId);
    const { id } = await world.place(customer, lines);
    return { id, before, order: await world.until(id, 'CONFIRMED') };
  }
  const sellersOf = async (id: string): Promise<string[]> =>
    ((await world.operator.orderStatus(id))?.deliveries ?? [])
      .filter(({ status }) => status === 'STARTED')
      .map(({ sellerId }) => sellerId);

  test('a customer cancels before the hand-over: stock and money are as they were', async () => {
    const { id, before } = await confirmed();
    const { order, userErrors } = await customer.client.cancelOrder(id, 'bought twice');
    expect([order?.id, userErrors]).toEqual([id, []]);
    const ended = await world.until(id, 'CANCELLED');
    expect([ended.cancelReason, ended.saga?.status]).toEqual(['bought twice', 'COMPENSATED']);
    expect([await world.stock(productId), await world.balanceMinor(customer.id)]).toEqual([before, balance]);
    expect((await customer.client.cancelOrder(id)).userErrors).toEqual([]);
  });

  test('after the hand-over it is too late, and somebody else never may', async () => {
    const { id } = await confirmed();
    const stranger = await world.customer(home);
    expect((await stranger.client.cancelOrder(id)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    await world.operator.confirmHandover({ orderId: id, sellerId: near });
    await world.until(id, 'HANDED_OVER');
    expect((await customer.client.cancelOrder(id)).userErrors).toMatchObject([{ code: 'TOO_LATE' }]);
    expect(await world.balanceMinor(customer.id)).toBe(balance - priceMinor);
  });

  test('a seller refuses a confirmed order: another one sends it, and it is paid once', async () => {
    const { id, before } = await confirmed();
    const seller = await world.as('seller', near);
    expect((await seller.rejectAssignment({ orderId: id, sellerId: near }, 'broken in the shop')).userErrors).toEqual(
      [],
    );
    await waitFor(async () => (await sellersOf(id)).join() === far, {
      timeoutMs: 20_000,
      what: 'the other seller to start',
    });
    const order = await world.until(id, 'CONFIRMED');
    expect(order.lines.map(({ sellerId }) => sellerId)).toEqual([far]);
    expect(await world.balanceMinor(customer.id)).toBe(balance - priceMinor);
    const stock = await world.stock(productId);
    expect([stock[near], stock[far]?.sold]).toEqual([before[near], (before[far]?.sold ?? 0) + 1]);
  });

  test('an operator moves a parcel; where nobody else can send it, nothing changes', async () => {
    const { id } = await confirmed();
    expect((await world.operator.reassignDelivery({ orderId: id, sellerId: near }, 'too slow')).userErrors).toEqual([]);
    await waitFor(async () => (await sellersOf(id)).join() === far, {
      timeoutMs: 20_000,
      what: 'the other seller to start',
    });
    const { userErrors } = await world.operator.reassignDelivery({ orderId: id, sellerId: far }, 'slower still');
    expect(userErrors).toMatchObject([{ code: 'OUT_OF_STOCK' }]);
    expect(await sellersOf(id)).toEqual([far]);
  });

  test('a parcel is lost: its money comes back, and an order of which nothing is left is cancelled', async () => {
    const { id } = await confirmed();
    await world.operator.confirmHandover({ orderId: id, sellerId: near });
    await world.until(id, 'HANDED_OVER');
    const carrier = await world.as('carrier', `${world.prefix}-carrier`);
    expect((await carrier.reportLost({ orderId: id, sellerId: near }, 'fell into the river')).userErrors).toEqual([]);
    const ended = await world.until(id, 'CANCELLED');
    expect(ended.saga?.status).toBe('COMPENSATED');
    expect(await world.balanceMinor(customer.id)).toBe(balance);
  });
});
