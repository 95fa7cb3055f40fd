import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool, isTransient, sqlOfPool, withTransaction } from '@waygraph/kit/database';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { loadCoupons } from './load-coupons.ts';
import type { Cancelling } from './order-refund.ts';
import { httpProvider } from './provider.ts';
import { readWallets } from './read-wallets.ts';
import { leaveToTest, moved, payer, someOrder, tell, told, topUp } from './testing/some-order.ts';
import { spawnPsp, type Psp } from './testing/spawn-psp.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 10, name: 'payments-test' });
const sql = sqlOfPool(pool);
let psp: Psp;
beforeAll(async () => {
  psp = await spawnPsp();
});
afterAll(() => Promise.all([pool.end(), psp.dispose()]));

const deps = (timeoutMs = 5_000) => payer(pool, httpProvider({ url: psp.url(), timeoutMs }));
const pay = (order: ReturnType<typeof someOrder>) => deps().capture(order.ready());
const undo = (cancelling: Cancelling, timeoutMs?: number) => deps(timeoutMs).undo(cancelling);
const types = async (orderId: string) => (await told(sql, orderId)).map(({ seq, type }) => `${String(seq)} ${type}`);
const balance = async (customerId: string) => (await readWallets(sql, [customerId]))[0]?.balanceMinor;

test('gives back the coupon’s use and the wallet’s money, once, however often it is asked', async () => {
  const couponCode = uniqueId('C');
  await loadCoupons({ pool }, [{ code: couponCode, percentOff: 10, quota: 1 }]);
  const order = someOrder({ couponCode });
  const { orderId, customerId } = order;
  await topUp(pool, customerId, 1_500);
  await withTransaction(pool, tx => tell.placed(tx, order.placed));
  await withTransaction(pool, tx => tell.assigned(tx, order.assigned()));
  await pay(order);
  expect(await balance(customerId)).toBe(0);

  const cancelling = order.cancelling('DELIVERY', 'STOCK', 'COUPON', 'PAYMENT');
  await Promise.all([undo(cancelling), undo(cancelling)]);
  await undo(cancelling);
  expect(await types(orderId)).toEqual([
    '1 CouponRedeemed',
    '2 PaymentCaptured',
    '3 CouponRestored',
    '4 PaymentRefunded',
  ]);
  expect((await told(sql, orderId)).slice(2)).toMatchObject([
    { payload: { orderId, customerId, sellerIds: ['s1'], attempt: 1, couponCode } },
    { payload: { method: 'WALLET', amountMinor: 1_500, refundedMinor: 1_500, reason: 'nobody has it' } },
  ]);
  expect(await balance(customerId)).toBe(1_500);
  expect(await sql('select used from coupons where code = $1', [couponCode])).toEqual([{ used: 0 }]);
  expect(await moved(sql, orderId)).toHaveLength(4);
});

test('gives everything back whatever is named, by either event; nothing that was never done', async () => {
  for (const event of ['cancelling', 'cancelled'] as const) {
    const couponCode = uniqueId('C');
    await loadCoupons({ pool }, [{ code: couponCode, percentOff: 10, quota: 1 }]);
    const order = someOrder({ couponCode });
    await topUp(pool, order.customerId, 1_500);
    await withTransaction(pool, tx => tell.placed(tx, order.placed));
    await withTransaction(pool, tx => tell.assigned(tx, order.assigned()));
    await pay(order);
    await deps().undo(order[event]());
    await undo(order.cancelling('DELIVERY', 'STOCK'));
    expect(await balance(order.customerId)).toBe(1_500);
    expect((await types(order.orderId)).slice(2)).toEqual(['3 CouponRestored', '4 PaymentRefunded']);
    expect(await sql('select used from coupons where code = $1', [couponCode])).toEqual([{ used: 0 }]);
  }
  const unpaid = someOrder({ payment: 'CARD' });
  await undo(unpaid.cancelling('COUPON', 'PAYMENT'));
  expect(await types(unpaid.orderId)).toEqual([]);
});

test('a step that comes after its cancellation, of whatever attempt, is refused', async () => {
  const couponCode = uniqueId('C');
  await loadCoupons({ pool }, [{ code: couponCode, percentOff: 10, quota: 1 }]);
  for (const [payment, attempt] of [
    ['WALLET', 1],
    ['CARD', 4],
  ] as const) {
    const order = someOrder({ couponCode, payment });
    await topUp(pool, order.customerId, 1_500);
    await undo(order.cancelling());
    await withTransaction(pool, tx => tell.placed(tx, order.placed));
    await withTransaction(pool, tx => tell.assigned(tx, order.assigned(attempt)));
    for (let round = 0; round < 2; round += 1) await deps().capture({ ...order.ready(), attempt });
    const reason = 'the order is cancelled';
    expect(await told(sql, order.orderId)).toMatchObject([
      { seq: 1, type: 'CouponRejected', payload: { reason, attempt } },
      { seq: 2, type: 'PaymentFailed', payload: { reason, attempt, method: payment } },
    ]);
    expect(await balance(order.customerId)).toBe(1_500);
    expect(await moved(sql, order.orderId)).toEqual([]);
  }
  expect(await sql('select used from coupons where code = $1', [couponCode])).toEqual([{ used: 0 }]);
});

test('a card’s money goes back through the provider, once, also when its answer was lost', async () => {
  const order = someOrder({ payment: 'CARD' });
  await pay(order);
  await psp.behave(order.customerId, { outcome: 'timeout', times: 1 });
  const cancelling = order.cancelling('PAYMENT');
  const fault = await undo(cancelling, 300).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(isTransient(fault)).toBe(true);
  expect(await types(order.orderId)).toEqual(['1 PaymentCaptured']);
  await undo(cancelling);
  await undo(cancelling);
  expect(await types(order.orderId)).toEqual(['1 PaymentCaptured', '2 PaymentRefunded']);
  expect(await moved(sql, order.orderId)).toEqual([
    { kind: 'CAPTURE', account_id: 'card', amount: -1_500 },
    { kind: 'CAPTURE', account_id: 'sales', amount: 1_500 },
    { kind: 'REFUND', account_id: 'sales', amount: -1_500 },
    { kind: 'REFUND', account_id: 'card', amount: 1_500 },
  ]);
  const [payment] = await sql<{ id: string }>('select payment_id as id from order_payments where order_id = $1', [
    order.orderId,
  ]);
  expect(await psp.charge(payment!.id)).toMatchObject({ amountMinor: 1_500, refundedMinor: 1_500 });
});

test('a refund that the provider refuses is told as stuck, once, and moves nothing', async () => {
  const order = someOrder({ payment: 'CARD' });
  await pay(order);
  await psp.behave(order.customerId, { outcome: 'decline', of: 'refunds' });
  const cancelling = order.cancelling('PAYMENT');
  await undo(cancelling);
  await undo(cancelling);
  expect((await told(sql, order.orderId)).slice(1)).toMatchObject([
    { seq: 2, type: 'CompensationStuck', payload: { step: 'PAYMENT', reason: 'the refund was declined', attempt: 1 } },
  ]);
  expect(await moved(sql, order.orderId)).toHaveLength(2);
});

test('a charge whose answer was lost, of an order that is cancelled: captured and given back in one transaction', async () => {
  const order = someOrder({ payment: 'CARD' });
  const { orderId, customerId } = order;
  await psp.behave(customerId, { outcome: 'timeout' });
  const quick = deps(200);
  await expect(quick.capture(order.ready())).rejects.toThrow('does not answer');
  await leaveToTest(sql, orderId);
  await expect(undo(order.cancelling(), 200)).rejects.toThrow('does not answer');
  // The charge is known now; whether its refund took effect is not.
  await psp.behave(customerId, { outcome: 'timeout', of: 'refunds' });
  await expect(quick.settle(orderId)).rejects.toThrow('does not answer');
  expect(await types(orderId)).toEqual([]);
  await psp.behave(customerId, { outcome: 'approve' });
  await Promise.all([deps().settle(orderId), deps().settle(orderId)]);
  expect(await types(orderId)).toEqual(['1 PaymentCaptured', '2 PaymentRefunded']);
  expect(await sql('select distinct xmin::text from outbox where key = $1', [orderId])).toHaveLength(1);
  expect((await told(sql, orderId))[1]?.payload).toMatchObject({ amountMinor: 1_500, reason: 'nobody has it' });
  expect(await moved(sql, orderId)).toHaveLength(4);
  const [payment] = await sql<{ id: string }>('select payment_id as id from order_payments where order_id = $1', [
    orderId,
  ]);
  expect(await psp.charge(payment!.id)).toMatchObject({ amountMinor: 1_500, refundedMinor: 1_500 });
  expect(await sql('select from provider_asks where order_id = $1', [orderId])).toEqual([]);
});

test('a charge that is declined after all, of an order that is cancelled, only fails', async () => {
  const order = someOrder({ payment: 'CARD' });
  await psp.behave(order.customerId, { outcome: 'error' });
  await expect(pay(order)).rejects.toThrow('said 500');
  await expect(undo(order.cancelling())).rejects.toThrow('said 500');
  await psp.behave(order.customerId, { outcome: 'decline' });
  await deps().settle(order.orderId);
  expect(await types(order.orderId)).toEqual(['1 PaymentFailed']);
  expect(await moved(sql, order.orderId)).toEqual([]);
});
