import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, withTransaction } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { setCards } from './card-provider.ts';
import type { Order, OrderRequest } from './order-types.ts';
import { openOrderWorld, places, priceMinor, type Customer, type OrderWorld } from './order-world.ts';

const home = places.portoAlegre;

/** Holds an offer in the read database as it is while `work` runs: who reads it sees what was there before. */
async function whileReadLags(productId: string, sellerId: string, work: () => Promise<void>): Promise<void> {
  const pool = createPool({ url: testEnv('READ_SYNC_DATABASE_URL'), max: 1, name: 'order-failures' });
  try {
    await withTransaction(pool, async sql => {
      const offer = 'select id from catalogue.offers where product_id = $1 and seller_id = $2 for update';
      expect(await sql(offer, [productId, sellerId])).toHaveLength(1);
      await work();
    });
  } finally {
    await pool.end();
  }
}

describe('an order that cannot be', () => {
  let world: OrderWorld;
  let near: string;
  let far: string;
  let productId: string;

  beforeAll(async () => {
    world = await openOrderWorld('fails');
    [near, far] = (await world.sellers(places.portoAlegreEast, places.saoPaulo)) as [string, string];
    productId = await world.product(home, { seller: near, available: 40 });
  }, 60_000);
  afterAll(() => world.dispose());

  /** Places it, waits for its end, and sees that nothing of it is left. */
  async function fails(
    customer: Customer,
    lines: OrderRequest['lines'],
    extra: Partial<OrderRequest> = {},
  ): Promise<{ order: Order; types: string[] }> {
    const productIds = lines.map(line => line.productId);
    const look = async () => ({
      stock: await Promise.all(productIds.map(world.stock)),
      balance: await world.balanceMinor(customer.id),
      used: extra.couponCode === undefined ? undefined : await world.couponUsed(extra.couponCode),
    });
    const before = await look();
    const { id, cursor } = await world.place(customer, lines, extra);
    const watch = customer.client.watchOrder(id, cursor);
    await watch.until(({ status }) => status === 'CANCELLED');
    const order = await world.until(id, 'CANCELLED');
    expect(order.cancelReason).toEqual(expect.stringMatching(/\w/));
    expect(order.saga).toMatchObject({ status: 'COMPENSATED', awaiting: [], deadlineAt: null });
    expect(order.saga?.steps.filter(({ state }) => ['WAITING', 'UNDOING', 'STUCK'].includes(state))).toEqual([]);
    expect(await look()).toEqual(before);
    expect(order.deliveries?.filter(({ status }) => !['CANCELLED', 'REASSIGNED'].includes(status))).toEqual([]);
    expect(order.payment === null || order.payment.status === 'FAILED').toBe(true);
    expect(watch.frames.map(({ version }) => version)).toEqual(watch.frames.map((_, at) => at + 2));
    expect(watch.frames.at(-1)).toMatchObject({ type: 'OrderCancelled', status: 'CANCELLED' });
    const timeline = await waitFor(
      async () => {
        const entries = await world.operator.timeline(id);
        return entries?.some(({ type }) => type === 'OrderCancelled') === true ? entries : undefined;
      },
      { what: 'the timeline to its end' },
    );
    return { order, types: timeline.map(({ type }) => type) };
  }
  const step = (order: Order, name: string) => order.saga?.steps.find(one => one.name === name)?.state;

  test('because nobody has that many', async () => {
    const customer = await world.customer(home, 1_000_000);
    const { order, types } = await fails(customer, [{ productId, quantity: 41 }]);
    expect(types).toEqual(['OrderPlaced', 'SellerUnavailable', 'OrderCancelled']);
    expect(step(order, 'ASSIGNMENT')).toBe('FAILED');
    expect(order.payment).toBeNull();
  });

  test('because its stock is gone at the only seller who seemed to have it', async () => {
    const rare = await world.product(home, { seller: near, available: 3 });
    const customer = await world.customer(home, 1_000_000);
    await whileReadLags(rare, near, async () => {
      const { userErrors } = await takeAll(rare, near, 3);
      expect(userErrors).toEqual([]);
      const { types } = await fails(customer, [{ productId: rare, quantity: 2 }]);
      expect(types).toEqual(expect.arrayContaining(['SellerAssigned', 'StockRejected', 'SellerUnavailable']));
      expect(types).not.toContain('StockReserved');
    });
  });

  test('or can after all: the next candidate is asked when the first has nothing left', async () => {
    const scarce = await world.product(home, { seller: near, available: 3 }, { seller: far, available: 3 });
    const customer = await world.customer(home, 1_000_000);
    const lines = [{ productId: scarce, quantity: 2 }];
    expect((await customer.client.quote(lines, home)).lines[0]?.chosen?.sellerId).toBe(near);
    await whileReadLags(scarce, near, async () => {
      expect((await takeAll(scarce, near, 3)).userErrors).toEqual([]);
      const { id } = await world.place(customer, lines);
      const order = await world.until(id, 'CONFIRMED');
      expect(order.lines).toMatchObject([{ sellerId: far, status: 'ACTIVE' }]);
      const steps = order.saga?.steps.map(({ name, state, attempt }) => `${name} ${state} ${String(attempt)}`);
      expect(steps).toEqual(expect.arrayContaining(['ASSIGNMENT DONE 2', 'STOCK DONE 2']));
      const open = order.deliveries?.filter(({ status }) => status !== 'REASSIGNED');
      expect(open).toMatchObject([{ sellerId: far, status: 'STARTED', assignment: { attempt: 2 } }]);
      expect(order.payment).toMatchObject({ status: 'CAPTURED', amount: { amountMinor: 2 * priceMinor } });
      expect(await world.stock(scarce)).toEqual({
        [near]: { available: 0, reserved: 0, sold: 0 },
        [far]: { available: 1, reserved: 0, sold: 2 },
      });
    });
  });

  const takeAll = async (product: string, sellerId: string, count: number) =>
    (
      await world.operator.graph.ask<{ adjustStock: { userErrors: unknown[] } }>(
        `mutation ($productId: ID!, $sellerId: ID!, $delta: Int!, $key: String!) {
          adjustStock(productId: $productId, sellerId: $sellerId, delta: $delta, idempotencyKey: $key) { userErrors { code } } }`,
        { productId: product, sellerId, delta: -count, key: `${product}-taken` },
      )
    ).adjustStock;

  test('because there is no such coupon', async () => {
    const customer = await world.customer(home, 1_000_000);
    const { order, types } = await fails(customer, [{ productId, quantity: 1 }], { couponCode: 'NO-SUCH-COUPON' });
    expect(types).toEqual(expect.arrayContaining(['CouponRejected', 'OrderCancelling', 'DeliveryCancelled']));
    expect(types).not.toContain('PaymentCaptured');
    expect(step(order, 'COUPON')).toBe('FAILED');
    expect(step(order, 'STOCK')).toBe('UNDONE');
  });

  test('because its coupon is used up, which the first one noticed nothing of', async () => {
    const couponCode = await world.coupon({ amountOffMinor: 500, quota: 1 });
    const customer = await world.customer(home, 1_000_000);
    const lines = [{ productId, quantity: 1 }];
    const first = await world.place(customer, lines, { couponCode });
    expect((await world.until(first.id, 'CONFIRMED')).discount).toEqual({ amountMinor: 500 });
    const { types } = await fails(customer, lines, { couponCode });
    expect(types).toContain('CouponRejected');
    expect(await world.couponUsed(couponCode)).toBe(1);
  });

  test('because the wallet holds too little: stock and coupon are given back', async () => {
    const couponCode = await world.coupon({ percentOff: 10, quota: 3 });
    const customer = await world.customer(home, 100);
    const { order, types } = await fails(customer, [{ productId, quantity: 1 }], { couponCode });
    expect(types).toEqual(
      expect.arrayContaining([
        'CouponRedeemed',
        'PaymentFailed',
        'DeliveryCancelled',
        'StockReleased',
        'CouponRestored',
      ]),
    );
    expect(order.payment).toMatchObject({ status: 'FAILED', reason: expect.any(String) });
    expect(['ASSIGNMENT', 'STOCK', 'COUPON', 'PAYMENT'].map(name => step(order, name))).toEqual([
      ...['UNDONE', 'UNDONE', 'UNDONE', 'FAILED'],
    ]);
  });

  test('because there is no wallet at all', async () => {
    const { types } = await fails(await world.customer(home), [{ productId, quantity: 1 }]);
    expect(types).toContain('PaymentFailed');
  });

  test('because the card is declined', async () => {
    const customer = await world.customer(home);
    await setCards(customer.id, { outcome: 'decline' });
    const { order, types } = await fails(customer, [{ productId, quantity: 1 }], { payment: 'CARD' });
    expect(types).toEqual(expect.arrayContaining(['PaymentFailed', 'StockReleased']));
    expect(order.payment).toMatchObject({ method: 'CARD', status: 'FAILED' });
  });

  test('but not because the card provider has a bad moment: it is asked again, and charges once', async () => {
    const customer = await world.customer(home);
    await setCards(customer.id, { outcome: 'error', times: 2 });
    const { id, totalMinor } = await world.place(customer, [{ productId, quantity: 1 }], { payment: 'CARD' });
    expect((await world.until(id, 'CONFIRMED')).payment).toMatchObject({
      status: 'CAPTURED',
      amount: { amountMinor: totalMinor },
    });
    const captured = (await world.operator.timeline(id))?.filter(({ type }) => type === 'PaymentCaptured');
    expect(captured).toHaveLength(1);
  });

  test('drops the line that nobody can serve when that is allowed, and costs less', async () => {
    const customer = await world.customer(home, 1_000_000);
    const none = await world.product(home, { seller: near, available: 1 });
    const lines = [
      { productId, quantity: 1 },
      { productId: none, quantity: 2 },
    ];
    const { id } = await world.place(customer, lines, { allowPartial: true });
    const order = await world.until(id, 'CONFIRMED');
    expect(order.lines.map(({ lineNo, status }) => [lineNo, status])).toEqual([
      [1, 'ACTIVE'],
      [2, 'DROPPED'],
    ]);
    expect(order).toMatchObject({
      total: { amountMinor: priceMinor },
      payment: { amount: { amountMinor: priceMinor } },
    });
    expect(await world.balanceMinor(customer.id)).toBe(1_000_000 - priceMinor);
    expect((await world.stock(none))[near]).toEqual({ available: 1, reserved: 0, sold: 0 });
  });
});
