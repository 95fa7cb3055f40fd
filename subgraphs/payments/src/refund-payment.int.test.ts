import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { httpProvider } from './provider.ts';
import { readWallets } from './read-wallets.ts';
import { moved, payer, someOrder, told, topUp } from './testing/some-order.ts';
import { spawnPsp, type Psp } from './testing/spawn-psp.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 10, name: 'payments-test' });
const sql = sqlOfPool(pool);
let psp: Psp;
beforeAll(async () => {
  psp = await spawnPsp();
});
afterAll(() => Promise.all([pool.end(), psp.dispose()]));

type Order = ReturnType<typeof someOrder>;
const deps = () => payer(pool, httpProvider({ url: psp.url(), timeoutMs: 5_000 }));
const drop = (order: Order, refundMinor: number, version: number) =>
  deps().dropLines(order.dropped(refundMinor, version));
const cancel = (order: Order) => deps().undo(order.cancelling('PAYMENT'));
const retry = (order: Order, ...of: Parameters<Order['retry']>) => deps().answerAgain(order.retry(...of));
const balance = async (customerId: string) => (await readWallets(sql, [customerId]))[0]?.balanceMinor;
const refunds = async ({ orderId }: Order) =>
  (await told(sql, orderId)).flatMap(({ type, payload }) =>
    type === 'PaymentRefunded' ? [[payload['amountMinor'], payload['refundedMinor']]] : [],
  );
async function paidOrder(payment: 'WALLET' | 'CARD'): Promise<Order> {
  const order = someOrder({ payment });
  await topUp(pool, order.customerId, 1_500);
  await deps().capture(order.ready());
  return order;
}

test.each(['WALLET', 'CARD'] as const)(
  'lines dropped of an order paid by %s give their money back once per event, the cancellation the rest',
  async payment => {
    const order = await paidOrder(payment);
    await Promise.all([drop(order, 400, 5), drop(order, 400, 5), drop(order, 100, 7)]);
    await drop(order, 400, 5);
    expect((await refunds(order)).map(([amountMinor]) => amountMinor).sort()).toEqual([100, 400]);
    expect((await told(sql, order.orderId))[1]?.payload).toMatchObject({ attempt: 2, reason: 'nobody can serve them' });
    await Promise.all([cancel(order), cancel(order)]);
    await drop(order, 300, 9);
    expect((await refunds(order)).slice(2)).toEqual([[1_000, 1_500]]);
    expect(await balance(order.customerId)).toBe(1_500);
    const account = payment === 'CARD' ? 'card' : `wallet:${order.customerId}`;
    expect((await moved(sql, order.orderId)).filter(({ account_id: id }) => id === account)).toEqual([
      { kind: 'CAPTURE', account_id: account, amount: -1_500 },
      ...[100, 400, 1_000].map(amount => ({ kind: 'REFUND', account_id: account, amount })),
    ]);
  },
);

test('lines and cancellation at the same moment never give back more than was captured', async () => {
  const orders = await Promise.all(Array.from({ length: 8 }, () => paidOrder('WALLET')));
  await Promise.all(orders.flatMap(order => [drop(order, 900, 5), cancel(order), drop(order, 900, 6), cancel(order)]));
  for (const order of orders) {
    expect((await refunds(order)).at(-1)?.[1]).toBe(1_500);
    expect(await balance(order.customerId)).toBe(1_500);
  }
});

test('a refund that the provider refused is tried again when its step is asked for again', async () => {
  for (const [step, isCancelled] of [
    ['PAYMENT', true],
    ['REFUND', false],
  ] as const) {
    const order = await paidOrder('CARD');
    const { orderId, customerId } = order;
    await psp.behave(customerId, { outcome: 'decline', of: 'refunds', times: 2 });
    await (isCancelled ? cancel(order) : drop(order, 1_500, 5));
    const status = isCancelled ? 'CANCELLING' : 'CONFIRMED';
    await retry(order, step, status);
    expect(await sql('select state, fault from refunds where order_id = $1', [orderId])).toEqual([
      { state: 'STUCK', fault: 'the refund was declined' },
    ]);
    await Promise.all([retry(order, step, status), retry(order, step, status)]);
    const stuck = { type: 'CompensationStuck', payload: { step, reason: 'the refund was declined' } };
    expect((await told(sql, orderId)).slice(1, 4)).toMatchObject([stuck, stuck, { type: 'PaymentRefunded' }]);
    expect(await refunds(order)).toContainEqual([1_500, 1_500]);
    expect(await moved(sql, orderId)).toHaveLength(4);
    const [payment] = await sql<{ id: string }>('select payment_id as id from order_payments where order_id = $1', [
      orderId,
    ]);
    expect(await psp.charge(payment!.id)).toMatchObject({ amountMinor: 1_500, refundedMinor: 1_500 });
  }
});

test('a wallet that could not hold its refund gets it when there is room', async () => {
  const order = await paidOrder('WALLET');
  const { orderId, customerId } = order;
  await topUp(pool, customerId, 2_147_483_000);
  await cancel(order);
  expect((await told(sql, orderId)).at(-1)).toMatchObject({
    ...{ type: 'CompensationStuck', payload: { step: 'PAYMENT', reason: 'the wallet cannot hold the refund' } },
  });
  const other = someOrder({ customerId });
  await deps().capture(other.ready());
  await retry(order, 'PAYMENT', 'CANCELLING');
  expect(await refunds(order)).toEqual([[1_500, 1_500]]);
  expect(await balance(customerId)).toBe(2_147_483_000);
});

test('an answer that was missed is told again; who is asked about an order unheard of is silent', async () => {
  const order = await paidOrder('WALLET');
  const { orderId } = order;
  await retry(order, 'PAYMENT', 'AWAITING_PAYMENT');
  await retry(order, 'COUPON');
  await retry(order, 'STOCK');
  // OrderCancelling is on its way still: that the order is being cancelled is enough.
  await retry(order, 'PAYMENT', 'CANCELLING', 3);
  await retry(order, 'PAYMENT', 'CANCELLING', 3);
  const all = await told(sql, orderId);
  expect(all.map(({ seq, type }) => `${String(seq)} ${type}`)).toEqual([
    ...['1 PaymentCaptured', '2 PaymentCaptured', '3 PaymentRefunded', '4 PaymentRefunded'],
  ]);
  expect(all[1]?.payload).toEqual(all[0]?.payload);
  expect(all[3]?.payload).toEqual(all[2]?.payload);
  expect(all[3]?.payload).toMatchObject({ attempt: 3, amountMinor: 1_500, refundedMinor: 1_500 });
  expect(await balance(order.customerId)).toBe(1_500);
  const stranger = someOrder();
  await retry(stranger, 'PAYMENT');
  expect(await sql('select from order_payments where order_id = $1', [stranger.orderId])).toEqual([]);
});
