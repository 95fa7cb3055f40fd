import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool, withTransaction, type Sql } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { withTrace } from '@waygraph/kit/trace';
import { takeDueAsks } from './due-asks.ts';
import { httpProvider } from './provider.ts';
import { settleCard } from './settle-card.ts';
import { moved, someOrder, tell, told } from './testing/some-order.ts';
import { spawnPsp, type Psp } from './testing/spawn-psp.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 10, name: 'payments-test' });
const sql = sqlOfPool(pool);
type Order = ReturnType<typeof someOrder>;
let psp: Psp;
beforeAll(async () => {
  psp = await spawnPsp();
});
afterAll(() => Promise.all([pool.end(), psp.dispose()]));

// The process is killed between its commit and its question.
const pay = (order: Order) => withTransaction(pool, tx => tell.ready(tx, order.ready()));
const cancel = (order: Order) => withTransaction(pool, tx => tell.cancelling(tx, order.cancelling()));
const settle = (orderId: string) =>
  settleCard({ pool, provider: httpProvider({ url: psp.url(), timeoutMs: 5_000 }) }, orderId);
const dueIn = (orderId: string, on: Sql = sql) =>
  on<{ asked: number; seconds: number }>(
    'select asked, extract(epoch from due_at - now())::float8 as seconds from provider_asks where order_id = $1',
    [orderId],
  );
const hurry = (orderId: string, on: Sql = sql) =>
  on("update provider_asks set due_at = '-infinity' where order_id = $1", [orderId]);

test('a charge and a refund that a killed process left behind are due after a while, and asked for once more', async () => {
  const order = someOrder({ payment: 'CARD' });
  const { orderId } = order;
  await pay(order);
  expect(await dueIn(orderId)).toMatchObject([{ asked: 0 }]);
  expect((await dueIn(orderId))[0]!.seconds).toBeGreaterThan(5);
  await settle(orderId);
  expect(await dueIn(orderId)).toEqual([]);
  await cancel(order);
  expect(await dueIn(orderId)).toHaveLength(1);
  await settle(orderId);
  expect((await told(sql, orderId)).map(({ type }) => type)).toEqual(['PaymentCaptured', 'PaymentRefunded']);
  expect(await moved(sql, orderId)).toHaveLength(4);
  expect(await dueIn(orderId)).toEqual([]);
});

test('what the provider answers later belongs to the trace of what asked for it', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const order = someOrder({ payment: 'CARD' });
  await withTrace(`00-${trace}-b7ad6b7169203331-01`, () => pay(order));
  await settle(order.orderId);
  expect(await sql('select traceparent from outbox where key = $1', [order.orderId])).toEqual([
    { traceparent: expect.stringContaining(trace) },
  ]);
});

test('what is due is due again later, and later still, until half a minute', async () => {
  const order = someOrder({ payment: 'CARD' });
  const { orderId } = order;
  await pay(order);
  // Nobody else sees it while it is due: the system's own consumer may be at work on this database.
  const pauses = await withTransaction(pool, async tx => {
    const seconds: number[] = [];
    for (const asked of [1, 2, 3, 4, 5, 6]) {
      await hurry(orderId, tx);
      expect(await takeDueAsks(tx, 1_000)).toContain(orderId);
      expect(await takeDueAsks(tx, 1_000)).not.toContain(orderId);
      const [due] = await dueIn(orderId, tx);
      expect(due?.asked).toBe(asked);
      seconds.push(Math.round(due!.seconds));
    }
    return seconds;
  });
  expect(pauses).toEqual([2, 4, 8, 16, 30, 30]);
  await settle(orderId);
});

test('what is due is taken by one of many', async () => {
  const orders = Array.from({ length: 10 }, () => someOrder({ payment: 'CARD' }));
  for (const order of orders) await pay(order);
  await Promise.all(orders.map(({ orderId }) => hurry(orderId)));
  const taken = (await Promise.all(Array.from({ length: 8 }, () => takeDueAsks(sql, 5)))).flat();
  expect(new Set(taken).size).toBe(taken.length);
  await Promise.all(orders.map(({ orderId }) => settle(orderId)));
});
