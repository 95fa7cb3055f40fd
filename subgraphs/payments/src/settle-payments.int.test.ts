// Many facts in one transaction: they count one after the other, cost a handful of statements, and cross others without a deadlock.
import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool, withTransaction, type Sql } from '@waygraph/kit/database';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { loadCoupons } from './load-coupons.ts';
import type { PaymentFact } from './payment-fact.ts';
import { readWallets } from './read-wallets.ts';
import { settlePayments } from './settle-payments.ts';
import { moved, someOrder, told, topUp } from './testing/some-order.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 20, name: 'payments-test' });
const sql = sqlOfPool(pool);
afterAll(() => pool.end());

type Order = ReturnType<typeof someOrder>;
type Given = PaymentFact & { traceparent?: string };
const facts = {
  placed: ({ placed: data }: Order): Given => ({ type: 'OrderPlaced', data }),
  assigned: (order: Order): Given => ({ type: 'SellerAssigned', data: order.assigned() }),
  ready: (order: Order): Given => ({ type: 'OrderReadyForPayment', data: order.ready() }),
  dropped: (order: Order, refundMinor: number): Given => ({
    type: 'OrderLinesDropped',
    data: order.dropped(refundMinor),
  }),
  cancelling: (order: Order): Given => ({ type: 'OrderCancelling', data: order.cancelling() }),
  retry: (order: Order, step: string): Given => ({ type: 'StepRetryRequested', data: order.retry(step) }),
  settled: (order: Order, step: string): Given => ({ type: 'StepSettled', data: order.settled(step) }),
};
const settle = (...given: Given[]) => withTransaction(pool, tx => settlePayments(tx, given));
const counted = (...given: Given[]) =>
  withTransaction(pool, async tx => {
    let statements = 0;
    const counting: Sql = (text, params) => {
      statements += 1;
      return tx(text, params);
    };
    await settlePayments(counting, given);
    return statements;
  });
const types = async ({ orderId }: Order) => (await told(sql, orderId)).map(({ type }) => type);
const balance = async (customerId: string) => (await readWallets(sql, [customerId]))[0]?.balanceMinor;
const used = (codes: string[]) => sql('select used from coupons where code = any ($1) and used <> 0', [codes]);

async function customerWith(amountMinor: number): Promise<string> {
  const customerId = uniqueId('customer');
  await topUp(pool, customerId, amountMinor);
  return customerId;
}

test('an order without a coupon costs a statement when it is placed, one when it is assigned, two when it is paid, however many', async () => {
  for (const many of [1, 30]) {
    const orders: Order[] = [];
    for (let made = 0; made < many; made += 1) orders.push(someOrder({ customerId: await customerWith(1_500) }));
    expect(await counted(...orders.map(facts.placed))).toBe(1);
    expect(await counted(...orders.map(facts.assigned))).toBe(1);
    expect(await counted(...orders.map(facts.ready))).toBe(2);
    expect(await counted(...orders.map(facts.cancelling))).toBe(3);
    for (const order of orders) expect(await types(order)).toEqual(['PaymentCaptured', 'PaymentRefunded']);
    // A repeat is looked at, and writes nothing.
    expect(await counted(...orders.map(facts.placed))).toBe(2);
    expect(await counted(...orders.map(facts.ready), ...orders.map(facts.cancelling))).toBe(2);
  }
});

test('what can change nothing costs nothing, and leaves no row', async () => {
  const order = someOrder();
  for (const step of ['STOCK', 'CONFIRMATION', 'ASSIGNMENT', 'CANCEL'])
    expect(await counted(facts.retry(order, step), facts.settled(order, step), facts.dropped(order, 0))).toBe(0);
  await settle(facts.retry(order, 'PAYMENT'), facts.settled(order, 'PAYMENT'), facts.dropped(order, 5));
  expect(await sql('select from order_payments where order_id = $1', [order.orderId])).toEqual([]);
});

test('an assignment of an order without a coupon waits for nobody', async () => {
  const order = someOrder();
  await settle(facts.placed(order));
  await withTransaction(pool, async tx => {
    await tx('select from order_payments where order_id = $1 for update', [order.orderId]);
    await settle(facts.assigned(order));
  });
});

test('what touches no wallet waits for none', async () => {
  const customerId = await customerWith(1_500);
  const card = someOrder({ customerId, payment: 'CARD' });
  const wallet = someOrder({ customerId });
  await settle(facts.ready(card), facts.ready(wallet));
  // Meanwhile the provider has answered.
  await sql(`update order_payments set payment_state = 'CAPTURED' where order_id = $1`, [card.orderId]);
  await sql('delete from provider_asks where order_id = $1', [card.orderId]);
  await withTransaction(pool, async tx => {
    await tx('select from accounts where customer_id = $1 for update', [customerId]);
    await settle(facts.retry(card, 'PAYMENT'), facts.dropped(card, 100));
    await settle(facts.retry(wallet, 'COUPON'));
    const impatient = withTransaction(pool, other => settlePayments(other, [facts.cancelling(wallet)]), {
      lockTimeoutMs: 100,
    });
    await expect(impatient).rejects.toThrow('lock timeout');
  });
  // A card's order beside one that the wallet has paid keeps nothing from being booked there.
  await settle(facts.cancelling(card), facts.cancelling(wallet));
  expect(await balance(customerId)).toBe(1_500);
});

test('facts of one order that come together count one after the other', async () => {
  const couponCode = uniqueId('C');
  await loadCoupons({ pool }, [{ code: couponCode, percentOff: 10, quota: 1 }]);
  const customerId = await customerWith(2_000);
  const [order, next] = [someOrder({ customerId, couponCode }), someOrder({ customerId, couponCode })];
  // The wallet holds one of them, the coupon has one use.
  const both = [order, next].flatMap(one => [facts.placed(one), facts.assigned(one), facts.ready(one)]);
  await settle(...both, facts.cancelling(order), facts.cancelling(order));
  expect(await types(order)).toEqual(['CouponRedeemed', 'PaymentCaptured', 'CouponRestored', 'PaymentRefunded']);
  expect(await types(next)).toEqual(['CouponRejected', 'PaymentFailed']);
  expect([await balance(customerId), await used([couponCode])]).toEqual([2_000, []]);
  expect(await moved(sql, order.orderId)).toHaveLength(4);
});

test('each order’s answers belong to the trace of its own fact', async () => {
  const orders: Order[] = [];
  for (let made = 0; made < 2; made += 1) orders.push(someOrder({ customerId: await customerWith(1_500) }));
  const card = someOrder({ payment: 'CARD' });
  const trace = (index: number) => `0af7651916cd43dd8448eb211c80319${String(index)}`;
  const given = [...orders, card].map((order, index) => ({
    ...facts.ready(order),
    traceparent: `00-${trace(index)}-b7ad6b7169203331-01`,
  }));
  await settle(...given);
  for (const [index, { orderId }] of orders.entries())
    expect(await sql('select traceparent from outbox where key = $1', [orderId])).toEqual([
      { traceparent: expect.stringContaining(trace(index)) },
    ]);
  expect(await sql('select traceparent from provider_asks where order_id = $1', [card.orderId])).toEqual([
    { traceparent: expect.stringContaining(trace(2)) },
  ]);
});

test('transactions of many orders that cross on coupons and wallets all end, without a deadlock', async () => {
  const codes = Array.from({ length: 4 }, () => uniqueId('C'));
  await loadCoupons(
    { pool },
    codes.map(code => ({ code, amountOffMinor: 5, quota: 500 })),
  );
  const customers = await Promise.all(Array.from({ length: 4 }, () => customerWith(1_000_000)));
  // Each of eight transactions meets coupons and wallets in a turn of its own, every other one backwards.
  const batches = Array.from({ length: 8 }, (_, turn) => {
    const orders = Array.from({ length: 8 }, (__, index) =>
      someOrder({ couponCode: codes[(turn + index) % 4]!, customerId: customers[(turn + 2 * index) % 4]! }),
    );
    return turn % 2 === 1 ? orders.toReversed() : orders;
  });
  const all = (fact: (order: Order) => Given) => Promise.all(batches.map(batch => settle(...batch.map(fact))));
  for (const fact of [facts.placed, facts.assigned, facts.ready, facts.cancelling]) await all(fact);
  for (const order of batches.flat())
    expect(await types(order)).toEqual(['CouponRedeemed', 'PaymentCaptured', 'CouponRestored', 'PaymentRefunded']);
  expect(await used(codes)).toEqual([]);
  for (const customerId of customers) expect(await balance(customerId)).toBe(1_000_000);
});
