import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, isTransient, sqlOfPool, withTransaction, type Sql } from '@waygraph/kit/database';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { bookTopUps } from './book-transfers.ts';
import { readWallets } from './read-wallets.ts';
import { httpProvider, type PaymentProvider } from './provider.ts';
import { moved, payer, someOrder, tell, told, topUp } from './testing/some-order.ts';
import { spawnPsp, type Psp } from './testing/spawn-psp.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 10, name: 'payments-test' });
const sql = sqlOfPool(pool);
afterAll(() => pool.end());

type Order = ReturnType<typeof someOrder>;
const nobody: PaymentProvider = {
  charge: () => Promise.reject(new Error('no card here')),
  refund: () => Promise.reject(new Error('no card here')),
};
const take = (order: Order, totalMinor?: number, provider = nobody) =>
  payer(pool, provider).capture(order.ready(totalMinor));
const balance = async (customerId: string) => (await readWallets(sql, [customerId]))[0]?.balanceMinor;
const paymentId = async ({ orderId }: Order) =>
  (await sql<{ payment_id: string }>('select payment_id from order_payments where order_id = $1', [orderId]))[0]!
    .payment_id;

describe('from a wallet', () => {
  test('takes the total once, tells it, and books it from the wallet to sales; repeats do nothing', async () => {
    const order = someOrder();
    const { orderId, customerId } = order;
    await topUp(pool, customerId, 2_000);
    for (let round = 0; round < 3; round += 1) await take(order);
    expect(await balance(customerId)).toBe(500);
    expect(await told(sql, orderId)).toEqual([
      {
        seq: 1,
        type: 'PaymentCaptured',
        payload: {
          ...{ orderId, customerId, sellerIds: ['s1'], attempt: 1, method: 'WALLET', amountMinor: 1_500 },
          paymentId: await paymentId(order),
        },
      },
    ]);
    expect(await moved(sql, orderId)).toEqual([
      { kind: 'CAPTURE', account_id: `wallet:${customerId}`, amount: -1_500 },
      { kind: 'CAPTURE', account_id: 'sales', amount: 1_500 },
    ]);
  });

  test('many orders at once take what is there and not a cent more; the others fail', async () => {
    const customerId = uniqueId('customer');
    await topUp(pool, customerId, 4_000);
    const orders = Array.from({ length: 10 }, () => someOrder({ customerId }));
    await Promise.all([...orders, ...orders].map(order => take(order)));
    const answers = (await Promise.all(orders.map(({ orderId }) => told(sql, orderId)))).flat();
    expect(answers.map(({ type }) => type).sort()).toEqual([
      ...Array.from({ length: 2 }, () => 'PaymentCaptured'),
      ...Array.from({ length: 8 }, () => 'PaymentFailed'),
    ]);
    expect(answers.find(({ type }) => type === 'PaymentFailed')?.payload['reason']).toBe(
      'the wallet does not hold enough',
    );
    expect(await balance(customerId)).toBe(1_000);
  });

  test('a customer without a wallet has nothing in it; a free order needs none', async () => {
    const poor = someOrder();
    await take(poor);
    expect(await told(sql, poor.orderId)).toMatchObject([{ type: 'PaymentFailed', payload: { method: 'WALLET' } }]);
    const free = someOrder({ payment: 'CARD' });
    await take(free, 0);
    expect(await told(sql, free.orderId)).toMatchObject([{ type: 'PaymentCaptured', payload: { amountMinor: 0 } }]);
    for (const { orderId } of [poor, free]) expect(await moved(sql, orderId)).toEqual([]);
  });

  test('a capture takes two statements', async () => {
    const order = someOrder();
    await topUp(pool, order.customerId, 2_000);
    await withTransaction(pool, tx => tell.placed(tx, order.placed));
    const statements: string[] = [];
    const counted =
      (tx: Sql): Sql =>
      (text, params) => {
        statements.push(text);
        return tx(text, params);
      };
    await withTransaction(pool, tx => tell.ready(counted(tx), order.ready()));
    expect(statements).toHaveLength(2);
    expect(await balance(order.customerId)).toBe(500);
  });

  test('captures leave no gap in the events of the wallet', async () => {
    const order = someOrder();
    await topUp(pool, order.customerId, 2_000);
    await take(order);
    const booked = await withTransaction(pool, tx =>
      bookTopUps(tx, [{ customerId: order.customerId, amountMinor: 1 }]),
    );
    expect(booked.get(order.customerId)?.wallet).toMatchObject({ balanceMinor: 501, version: 3, told: 2 });
    const topUps = await sql(
      `select seq::int, (payload->>'version')::int as version from outbox where topic = 'wallet.events' and key = $1 order by seq`,
      [order.customerId],
    );
    expect(topUps).toEqual([
      { seq: 1, version: 1 },
      { seq: 2, version: 3 },
    ]);
  });
});

describe('from a card', () => {
  let psp: Psp;
  beforeAll(async () => {
    psp = await spawnPsp();
  });
  afterAll(() => psp.dispose());
  const card = (timeoutMs = 5_000) => httpProvider({ url: psp.url(), timeoutMs });

  test('charges once under the payment’s id and books it from card to sales; repeats do nothing', async () => {
    const order = someOrder({ payment: 'CARD' });
    const { orderId, customerId } = order;
    await Promise.all([take(order, 1_500, card()), take(order, 1_500, card())]);
    await take(order, 1_500, card());
    expect(await told(sql, orderId)).toMatchObject([
      { seq: 1, type: 'PaymentCaptured', payload: { method: 'CARD', amountMinor: 1_500 } },
    ]);
    expect(await moved(sql, orderId)).toEqual([
      { kind: 'CAPTURE', account_id: 'card', amount: -1_500 },
      { kind: 'CAPTURE', account_id: 'sales', amount: 1_500 },
    ]);
    const charge = { status: 'APPROVED', amountMinor: 1_500, reference: orderId, customerId };
    expect(await psp.charge(await paymentId(order))).toMatchObject(charge);
  });

  test('a declined card fails the payment with the reason', async () => {
    const order = someOrder({ payment: 'CARD' });
    await psp.behave(order.customerId, { outcome: 'decline' });
    await take(order, 1_500, card());
    expect(await told(sql, order.orderId)).toMatchObject([
      { type: 'PaymentFailed', payload: { method: 'CARD', reason: 'the card was declined' } },
    ]);
    expect(await moved(sql, order.orderId)).toEqual([]);
  });

  test.each([
    [{ outcome: 'timeout', times: 1 }, 300],
    [{ outcome: 'error', times: 1 }, 5_000],
  ])('after %j nothing is decided, the fault passes, and the next try charges once', async (behaviour, timeoutMs) => {
    const order = someOrder({ payment: 'CARD' });
    await psp.behave(order.customerId, behaviour);
    const fault = await take(order, 1_500, card(timeoutMs)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(isTransient(fault)).toBe(true);
    expect(await told(sql, order.orderId)).toEqual([]);
    const key = await paymentId(order);
    await take(order, 1_500, card());
    expect(await paymentId(order)).toBe(key);
    expect((await told(sql, order.orderId)).map(({ type }) => type)).toEqual(['PaymentCaptured']);
    expect(await psp.charge(key)).toMatchObject({ status: 'APPROVED', amountMinor: 1_500, refundedMinor: 0 });
  });
});
