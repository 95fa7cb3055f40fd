import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Handler } from '@waygraph/kit/consumer';
import { createPool, isTransient, sqlOfPool } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { loadCoupons } from '@waygraph/payments/load-coupons';
import { httpProvider } from '@waygraph/payments/provider';
import { moved, someOrder, told, topUp } from '@waygraph/payments/testing/some-order';
import { spawnPsp, type Psp } from '@waygraph/payments/testing/spawn-psp';
import { onOrderCancelling } from './on-order-cancelling.ts';
import { onOrderPlaced } from './on-order-placed.ts';
import { onOrderReadyForPayment } from './on-order-ready-for-payment.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 10, name: 'payments-consumer-test' });
const sql = sqlOfPool(pool);
const group = uniqueId('payments');
let psp: Psp;
beforeAll(async () => {
  psp = await spawnPsp();
});
afterAll(() => Promise.all([pool.end(), psp.dispose()]));

/** Delivers an event as the group would, but for the retries. */
async function deliver(data: object, handler: ReturnType<typeof onOrderPlaced>, id = uuidv7()): Promise<void> {
  const { topic, type } = handler.definition;
  const handle: Handler<{ type: string; data: unknown }> = handler.wire({
    ...{ pool, group },
    alongside: () => Promise.resolve(),
  });
  const event = handler.definition.parse(data);
  await handle({ id, event, topic, partition: 0, offset: '0', key: type, seq: 1, occurredUs: 1 });
}

function handlers(timeoutMs = 5_000) {
  const deps = { pool, provider: httpProvider({ url: psp.url(), timeoutMs }) };
  return {
    placed: onOrderPlaced(),
    assigned: onSellerAssigned(),
    ready: onOrderReadyForPayment(deps),
    cancelling: onOrderCancelling(deps),
  };
}

test.each(['WALLET', 'CARD'] as const)(
  'an order paid by %s and cancelled: every event repeated under its own and a new id does nothing twice',
  async payment => {
    const couponCode = uniqueId('C');
    await loadCoupons({ pool }, [{ code: couponCode, amountOffMinor: 300, quota: 9 }]);
    const order = someOrder({ couponCode, payment });
    const { orderId, customerId } = order;
    await topUp(pool, customerId, 9_000);
    const { placed, assigned, ready, cancelling } = handlers();
    const steps = [
      [order.placed, placed],
      [order.assigned(), assigned],
      [order.ready(1_200), ready],
      [order.cancelling('COUPON', 'PAYMENT'), cancelling],
    ] as const;
    const delivered: [object, ReturnType<typeof onOrderPlaced>, string][] = [];
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
      '3 CouponRestored',
      '4 PaymentRefunded',
    ]);
    const account = payment === 'CARD' ? 'card' : `wallet:${customerId}`;
    expect(await moved(sql, orderId)).toEqual([
      { kind: 'CAPTURE', account_id: account, amount: -1_200 },
      { kind: 'CAPTURE', account_id: 'sales', amount: 1_200 },
      { kind: 'REFUND', account_id: 'sales', amount: -1_200 },
      { kind: 'REFUND', account_id: account, amount: 1_200 },
    ]);
    expect(await sql('select used from coupons where code = $1', [couponCode])).toEqual([{ used: 0 }]);
  },
);

test('a provider that is silent, then killed, then back: the same event charges once', async () => {
  const order = someOrder({ payment: 'CARD' });
  await psp.behave(order.customerId, { outcome: 'timeout' });
  const id = uuidv7();
  const pay = (timeoutMs?: number) => deliver(order.ready(), handlers(timeoutMs).ready, id);
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(isTransient(await faultOf(pay(300)))).toBe(true);
  await psp.restart(async () => {
    expect(isTransient(await faultOf(pay(300)))).toBe(true);
  });
  await pay();
  await pay();
  expect((await told(sql, order.orderId)).map(({ type }) => type)).toEqual(['PaymentCaptured']);
  const [payment] = await sql<{ id: string }>('select payment_id as id from order_payments where order_id = $1', [
    order.orderId,
  ]);
  expect(await psp.charge(payment!.id)).toMatchObject({ status: 'APPROVED', amountMinor: 1_500, refundedMinor: 0 });
});
