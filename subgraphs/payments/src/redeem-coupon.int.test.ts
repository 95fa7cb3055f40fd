import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool, withTransaction } from '@waygraph/kit/database';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { loadCoupons } from './load-coupons.ts';
import type { Assigned, Placed } from './order-payment.ts';
import { someOrder, tell, told } from './testing/some-order.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 10, name: 'payments-test' });
const sql = sqlOfPool(pool);
afterAll(() => pool.end());

const place = (placed: Placed) => withTransaction(pool, tx => tell.placed(tx, placed));
const assign = (assigned: Assigned) => withTransaction(pool, tx => tell.assigned(tx, assigned));
const used = async (code: string) =>
  (await sql<{ used: number }>('select used from coupons where code = $1', [code]))[0]?.used;

async function someCoupon(terms: object = { percentOff: 10 }): Promise<string> {
  const couponCode = uniqueId('C');
  await loadCoupons({ pool }, [{ code: couponCode, quota: 5, ...terms }]);
  return couponCode;
}

test('a coupon is redeemed by the second of both events, whichever comes first; repeats do nothing', async () => {
  const couponCode = await someCoupon();
  for (const orderFirst of [true, false]) {
    const order = someOrder({ couponCode });
    const steps = [() => place(order.placed), () => assign(order.assigned())];
    if (!orderFirst) steps.reverse();
    await steps[0]!();
    expect(await told(sql, order.orderId)).toEqual([]);
    for (const step of [...steps, ...steps]) await step();
    const { orderId, customerId } = order;
    expect(await told(sql, orderId)).toEqual([
      {
        seq: 1,
        type: 'CouponRedeemed',
        payload: { orderId, customerId, sellerIds: ['s1'], attempt: 1, couponCode, discountMinor: 150 },
      },
    ]);
  }
  expect(await used(couponCode)).toBe(2);
});

test('both events at the same moment redeem once', async () => {
  const couponCode = await someCoupon();
  const orders = Array.from({ length: 5 }, () => someOrder({ couponCode }));
  await Promise.all(orders.flatMap(order => [place(order.placed), assign(order.assigned())]));
  for (const { orderId } of orders)
    expect((await told(sql, orderId)).map(({ type }) => type)).toEqual(['CouponRedeemed']);
  expect(await used(couponCode)).toBe(5);
});

test('of many orders at once, one gets the last use; the others are told that it is used up', async () => {
  const couponCode = await someCoupon({ amountOffMinor: 700, quota: 1 });
  const orders = Array.from({ length: 10 }, () => someOrder({ couponCode }));
  await Promise.all(orders.map(order => place(order.placed)));
  await Promise.all(orders.map(order => assign(order.assigned())));
  const answers = (await Promise.all(orders.map(({ orderId }) => told(sql, orderId)))).flat();
  const redeemed = answers.filter(({ type }) => type === 'CouponRedeemed');
  expect(redeemed.map(({ payload }) => payload['discountMinor'])).toEqual([700]);
  expect(answers.filter(({ payload }) => payload['reason'] === 'the coupon is used up')).toHaveLength(9);
  expect(await used(couponCode)).toBe(1);
});

test('a dropped line counts for nothing', async () => {
  for (const [droppedLineNos, discountMinor] of [
    [[1], 50],
    [[2], 100],
  ] as const) {
    const order = someOrder({ couponCode: await someCoupon() });
    await place(order.placed);
    await assign(order.assigned(1, [...droppedLineNos]));
    expect((await told(sql, order.orderId))[0]?.payload).toMatchObject({ discountMinor });
  }
  const order = someOrder({ couponCode: await someCoupon({ amountOffMinor: 600 }) });
  await place(order.placed);
  await assign(order.assigned(1, [1]));
  expect((await told(sql, order.orderId))[0]?.payload).toMatchObject({ discountMinor: 500 });
});

test('a coupon that is unknown or expired is refused, and stays refused', async () => {
  const expired = await someCoupon({ percentOff: 5, expiresAt: '2020-01-01T00:00:00.000Z' });
  for (const [couponCode, reason] of [
    [expired, 'the coupon has expired'],
    [uniqueId('none'), 'there is no such coupon'],
  ] as const) {
    const order = someOrder({ couponCode });
    await place(order.placed);
    await assign(order.assigned());
    await loadCoupons({ pool }, [{ code: couponCode, percentOff: 5, quota: 5 }]);
    await assign(order.assigned(2));
    expect(await told(sql, order.orderId)).toMatchObject([
      { seq: 1, type: 'CouponRejected', payload: { couponCode, reason, attempt: 1 } },
    ]);
    expect(await used(couponCode)).toBe(0);
  }
});

test('a reassignment does not redeem again, and an order without a coupon hears nothing', async () => {
  const couponCode = await someCoupon();
  const order = someOrder({ couponCode });
  await place(order.placed);
  for (const attempt of [1, 2, 3]) await assign(order.assigned(attempt));
  expect(await used(couponCode)).toBe(1);
  const plain = someOrder();
  await place(plain.placed);
  await assign(plain.assigned());
  expect(await told(sql, plain.orderId)).toEqual([]);
});

test('when two assignments come before the order, the newest counts', async () => {
  const order = someOrder({ couponCode: await someCoupon() });
  await assign(order.assigned(1));
  await assign(order.assigned(2, [1]));
  await assign(order.assigned(1));
  await place(order.placed);
  expect((await told(sql, order.orderId))[0]?.payload).toMatchObject({ attempt: 2, discountMinor: 50 });
});
