import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Handler } from '@waygraph/kit/consumer';
import { createPool, isTransient, sqlOfPool } from '@waygraph/kit/database';
import type { EventHandler } from '@waygraph/kit/event-consumer';
import { handleOnce } from '@waygraph/kit/handle-once';
import { createLog } from '@waygraph/kit/log';
import { uuidv7 } from '@waygraph/kit/outbox';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { loadCoupons } from '@waygraph/payments/load-coupons';
import { httpProvider } from '@waygraph/payments/provider';
import { settleCard } from '@waygraph/payments/settle-card';
import { leaveToTest, moved, someOrder, told, topUp } from '@waygraph/payments/testing/some-order';
import { spawnPsp, type Psp } from '@waygraph/payments/testing/spawn-psp';
import { createProviderAsker } from './ask-provider.ts';
import { onPaymentFacts } from './on-payment-fact.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 10, name: 'payments-consumer-test' });
const sql = sqlOfPool(pool);
const group = uniqueId('payments');
let psp: Psp;
beforeAll(async () => {
  psp = await spawnPsp();
});
afterAll(() => Promise.all([pool.end(), psp.dispose()]));

/** Delivers an event as the group would, but for the retries. */
async function handle(data: object, handler: EventHandler, id = uuidv7()): Promise<void> {
  const { topic, type } = handler.definition;
  const run: Handler<{ type: string; data: unknown }> = handler.wire({
    transact: handleOnce(pool, group),
  });
  const event = handler.definition.parse(data);
  await run({ id, event, topic, partition: 0, offset: '0', key: type, seq: 1, occurredUs: 1 });
}

const settle = (orderId: string, timeoutMs = 5_000) =>
  settleCard({ pool, provider: httpProvider({ url: psp.url(), timeoutMs }) }, orderId);

/** What the provider is to be asked for. */
const wanted = new Set<string>();
const later = { soon: (orderId: string) => void wanted.add(orderId) };

/** Then the provider is asked, as the process does a moment later. */
async function deliver(data: { orderId: string }, handler: EventHandler, id?: string): Promise<void> {
  await handle(data, handler, id);
  if (wanted.delete(data.orderId)) await settle(data.orderId);
}

const handlerOf = (type: string, asker: Parameters<typeof onPaymentFacts>[0] = later) =>
  onPaymentFacts(asker).find(handler => handler.definition.type === type)!;
const placed = handlerOf('OrderPlaced');
const assigned = handlerOf('SellerAssigned');
const ready = handlerOf('OrderReadyForPayment');
const dropped = handlerOf('OrderLinesDropped');
const cancelling = handlerOf('OrderCancelling');
const cancelled = handlerOf('OrderCancelled');
const retry = handlerOf('StepRetryRequested');

test.each(['WALLET', 'CARD'] as const)(
  'an order paid by %s, given back in parts and cancelled: every event repeated under its own and a new id does nothing twice',
  async payment => {
    const couponCode = uniqueId('C');
    await loadCoupons({ pool }, [{ code: couponCode, amountOffMinor: 300, quota: 9 }]);
    const order = someOrder({ couponCode, payment });
    const { orderId, customerId } = order;
    await topUp(pool, customerId, 9_000);
    const steps = [
      [order.placed, placed],
      [order.assigned(), assigned],
      [order.ready(1_200), ready],
      [order.dropped(200), dropped],
      [order.cancelling('COUPON', 'PAYMENT'), cancelling],
      [order.cancelled(), cancelled],
    ] as const;
    const delivered: [{ orderId: string }, EventHandler, string][] = [];
    for (const [data, handler] of steps) {
      delivered.push([data, handler, uuidv7()]);
      for (const [again, to, id] of delivered) {
        await Promise.all([deliver(again, to, id), deliver(again, to, id)]);
        await deliver(again, to);
      }
    }
    expect((await told(sql, orderId)).map(({ seq, type }) => `${String(seq)} ${type}`)).toEqual([
      '1 CouponRedeemed',
      '2 PaymentCaptured',
      '3 PaymentRefunded',
      '4 CouponRestored',
      '5 PaymentRefunded',
    ]);
    const account = payment === 'CARD' ? 'card' : `wallet:${customerId}`;
    expect(await moved(sql, orderId)).toEqual([
      { kind: 'CAPTURE', account_id: account, amount: -1_200 },
      { kind: 'CAPTURE', account_id: 'sales', amount: 1_200 },
      { kind: 'REFUND', account_id: 'sales', amount: -1_000 },
      { kind: 'REFUND', account_id: 'sales', amount: -200 },
      { kind: 'REFUND', account_id: account, amount: 200 },
      { kind: 'REFUND', account_id: account, amount: 1_000 },
    ]);
    expect(await sql('select used from coupons where code = $1', [couponCode])).toEqual([{ used: 0 }]);
  },
);

test('a step is answered again once per request, whose repeat is none; the steps of others are passed by', async () => {
  const order = someOrder();
  await topUp(pool, order.customerId, 1_500);
  await deliver(order.ready(), ready);
  for (const id of [uuidv7(), uuidv7()])
    for (let round = 0; round < 2; round += 1) await deliver(order.retry('PAYMENT', 'AWAITING_PAYMENT'), retry, id);
  await deliver(order.retry('STOCK', 'CANCELLING'), retry);
  expect((await told(sql, order.orderId)).map(({ seq, type }) => `${String(seq)} ${type}`)).toEqual([
    ...['1 PaymentCaptured', '2 PaymentCaptured', '3 PaymentCaptured'],
  ]);
});

test('a refund that was refused and then settled by hand stays so, whatever is asked for again', async () => {
  const order = someOrder({ payment: 'CARD' });
  await deliver(order.ready(), ready);
  await psp.behave(order.customerId, { outcome: 'decline', of: 'refunds', times: 1 });
  await deliver(order.cancelling('PAYMENT'), cancelling);
  await deliver(order.settled('PAYMENT'), handlerOf('StepSettled'));
  await deliver(order.retry('PAYMENT', 'CANCELLING'), retry);
  expect((await told(sql, order.orderId)).map(({ type }) => type)).toEqual(['PaymentCaptured', 'CompensationStuck']);
  expect(await moved(sql, order.orderId)).toHaveLength(2);
});

test('a provider that is silent, then killed, then back: the same event charges once', async () => {
  const order = someOrder({ payment: 'CARD' });
  const { orderId, customerId } = order;
  await psp.behave(customerId, { outcome: 'timeout' });
  const id = uuidv7();
  await handle(order.ready(), ready, id);
  await leaveToTest(sql, orderId);
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(isTransient(await faultOf(settle(orderId, 300)))).toBe(true);
  await psp.restart(async () => {
    await handle(order.ready(), ready, id);
    expect(isTransient(await faultOf(settle(orderId, 300)))).toBe(true);
  });
  expect(await told(sql, orderId)).toEqual([]);
  expect(await settle(orderId)).toBe(true);
  expect(await settle(orderId)).toBe(false);
  await deliver(order.ready(), ready, id);
  await deliver(order.ready(), ready);
  expect((await told(sql, orderId)).map(({ type }) => type)).toEqual(['PaymentCaptured']);
  const [payment] = await sql<{ id: string }>('select payment_id as id from order_payments where order_id = $1', [
    orderId,
  ]);
  expect(await psp.charge(payment!.id)).toMatchObject({ status: 'APPROVED', amountMinor: 1_500, refundedMinor: 0 });
});

test('while the provider is silent, orders by wallet are paid and those by card wait; then each is charged once', async () => {
  const asker = createProviderAsker({
    settle: orderId => settle(orderId, 300),
    takeDue: () => Promise.resolve([]),
    ...{ concurrency: 4, everyMs: 60_000, log: createLog('payments-consumer-test', 'silent') },
  });
  const handler = handlerOf('OrderReadyForPayment', asker);
  const cards = Array.from({ length: 6 }, () => someOrder({ payment: 'CARD' }));
  const wallet = someOrder();
  await topUp(pool, wallet.customerId, 1_500);
  for (const { customerId } of cards) await psp.behave(customerId, { outcome: 'timeout' });
  for (const card of cards) {
    await handle(card.ready(), handler);
    await leaveToTest(sql, card.orderId);
  }
  await handle(wallet.ready(), handler);
  expect((await told(sql, wallet.orderId)).map(({ type }) => type)).toEqual(['PaymentCaptured']);
  for (const card of cards) expect(await told(sql, card.orderId)).toEqual([]);
  for (const { customerId } of cards) await psp.behave(customerId, { outcome: 'approve' });
  for (const { orderId } of cards)
    await waitFor(async () => (await told(sql, orderId)).some(({ type }) => type === 'PaymentCaptured'));
  await asker.stop();
  for (const { orderId } of cards) expect(await moved(sql, orderId)).toHaveLength(2);
});
