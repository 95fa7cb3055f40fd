// What becomes of a card's money when its provider is silent, speaks nonsense or refuses.
import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool, withTransaction } from '@waygraph/kit/database';
import { WaygraphError } from '@waygraph/kit/errors';
import { testEnv } from '@waygraph/kit/testing/test-env';
import type { PaymentProvider, RefundAnswer } from './provider.ts';
import { mostAsked } from './settle-card.ts';
import { leaveToTest, moved, payer, someOrder, tell, told } from './testing/some-order.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 10, name: 'payments-test' });
const sql = sqlOfPool(pool);
afterAll(() => pool.end());

type Order = ReturnType<typeof someOrder>;
const silence = () => new WaygraphError('UNAVAILABLE', 'the payment provider does not answer');
const nonsense = (what: string) => new WaygraphError('INTERNAL', `the payment provider said ${what}`);

/** A provider that answers as it is told; what it was asked. */
function someProvider() {
  const asked: string[] = [];
  const says: { charge: Error | undefined; refund: (amountMinor: number) => Error | RefundAnswer } = {
    charge: undefined,
    refund: () => ({ kind: 'REFUNDED' }),
  };
  const provider: PaymentProvider = {
    charge({ amountMinor }) {
      asked.push(`charge ${String(amountMinor)}`);
      return says.charge === undefined ? Promise.resolve({ kind: 'APPROVED' }) : Promise.reject(says.charge);
    },
    refund({ amountMinor, key }) {
      asked.push(`refund ${String(amountMinor)}${key.includes(':') ? ' again' : ''}`);
      const answer = says.refund(amountMinor);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  return { asked, says, pay: payer(pool, provider) };
}

function someCard() {
  const order = someOrder({ payment: 'CARD' });
  return { order, ...someProvider() };
}
async function paid() {
  const card = someCard();
  await card.pay.capture(card.order.ready());
  card.asked.length = 0;
  return card;
}
const types = async ({ orderId }: Order) => (await told(sql, orderId)).map(({ type }) => type);
const refunds = ({ orderId }: Order) =>
  sql('select state, amount_minor::int as amount from refunds where order_id = $1 order by amount_minor', [orderId]);
const asks = ({ orderId }: Order) => sql('select from provider_asks where order_id = $1', [orderId]);
const dueOften = ({ orderId }: Order, asked = mostAsked) =>
  sql('update provider_asks set asked = $2 where order_id = $1', [orderId, asked]);
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );

test('a refund that was settled by hand is never asked for again, whatever comes', async () => {
  const { order, asked, says, pay } = await paid();
  says.refund = () => ({ kind: 'REFUSED', reason: 'no' });
  await pay.undo(order.cancelling('PAYMENT'));
  says.refund = () => ({ kind: 'REFUNDED' });
  for (let round = 0; round < 2; round += 1) {
    await pay.settleByHand(order.settled('PAYMENT'));
    await pay.answerAgain(order.retry('PAYMENT', 'CANCELLING'));
    await pay.undo(order.cancelled());
    await pay.dropLines(order.dropped(700, 8));
  }
  expect(asked).toEqual(['refund 1500']);
  expect(await refunds(order)).toEqual([{ state: 'SETTLED', amount: 1_500 }]);
  expect(await types(order)).toEqual(['PaymentCaptured', 'CompensationStuck']);
  expect(await asks(order)).toEqual([]);
});

test('a refund without an answer that was settled by hand is never asked for again', async () => {
  const { order, asked, says, pay } = await paid();
  says.refund = silence;
  await faultOf(pay.undo(order.cancelling('PAYMENT')));
  await leaveToTest(sql, order.orderId);
  await dueOften(order);
  await faultOf(pay.settle(order.orderId));
  expect(await types(order)).toEqual(['PaymentCaptured', 'CompensationStuck']);
  asked.length = 0;
  says.refund = () => ({ kind: 'REFUNDED' });
  await pay.settleByHand(order.settled('PAYMENT'));
  expect([await refunds(order), await asks(order)]).toEqual([[{ state: 'SETTLED', amount: 1_500 }], []]);
  expect(await pay.settle(order.orderId)).toBe(false);
  await pay.answerAgain(order.retry('PAYMENT', 'CANCELLING'));
  expect(asked).toEqual([]);
  expect(await types(order)).toEqual(['PaymentCaptured', 'CompensationStuck']);
});

test('only its money steps settle an order’s refunds, and each only its own; what is still unknown is asked on', async () => {
  const { order, asked, says, pay } = await paid();
  says.refund = amountMinor => (amountMinor === 400 ? { kind: 'REFUSED', reason: 'no' } : silence());
  await pay.dropLines(order.dropped(400, 5));
  expect(await faultOf(pay.undo(order.cancelling('PAYMENT')))).toMatch('does not answer');
  await leaveToTest(sql, order.orderId);
  const [stuck, pending] = [
    { state: 'STUCK', amount: 400 },
    { state: 'PENDING', amount: 1_100 },
  ];
  await pay.settleByHand(order.settled('STOCK'));
  await pay.settleByHand(order.settled('COUPON'));
  expect(await refunds(order)).toEqual([stuck, pending]);
  await faultOf(pay.settleByHand(order.settled('REFUND')));
  expect(await refunds(order)).toEqual([{ ...stuck, state: 'SETTLED' }, pending]);
  says.refund = () => ({ kind: 'REFUNDED' });
  asked.length = 0;
  expect(await pay.settle(order.orderId)).toBe(true);
  expect(asked).toEqual(['refund 1100']);
  expect((await told(sql, order.orderId)).at(-1)).toMatchObject({
    ...{ type: 'PaymentRefunded', payload: { amountMinor: 1_100, refundedMinor: 1_100 } },
  });
  expect(await asks(order)).toEqual([]);
});

test('refunds that somebody settles by hand meanwhile: the one under way is booked and told, the next is not asked for', async () => {
  const { order, asked, pay, says } = await paid();
  says.refund = silence;
  await faultOf(pay.dropLines(order.dropped(400, 5)));
  await leaveToTest(sql, order.orderId);
  await faultOf(pay.undo(order.cancelling('PAYMENT')));
  asked.length = 0;
  const [answer, isAsked] = [Promise.withResolvers<RefundAnswer>(), Promise.withResolvers<undefined>()];
  const slow = payer(pool, {
    charge: () => Promise.reject(silence()),
    refund: ({ amountMinor }) => {
      asked.push(`refund ${String(amountMinor)}`);
      isAsked.resolve(undefined);
      return answer.promise;
    },
  });
  const settling = slow.settle(order.orderId);
  await isAsked.promise;
  await pay.settleByHand(order.settled('PAYMENT'));
  answer.resolve({ kind: 'REFUNDED' });
  await settling;
  expect(asked).toEqual(['refund 400']);
  expect(await refunds(order)).toEqual([
    { state: 'DONE', amount: 400 },
    { state: 'SETTLED', amount: 1_100 },
  ]);
  expect((await types(order)).at(-1)).toBe('PaymentRefunded');
  expect(await moved(sql, order.orderId)).toHaveLength(4);
});

test.each(['400: what?', '409: another request', '402 without a reason'])(
  'a refund to which the provider says %s is stuck, and told',
  async what => {
    const { order, says, pay, asked } = await paid();
    says.refund = () => nonsense(what);
    await pay.undo(order.cancelling('PAYMENT'));
    expect((await told(sql, order.orderId)).slice(1)).toMatchObject([
      { type: 'CompensationStuck', payload: { step: 'PAYMENT', reason: `the payment provider said ${what}` } },
    ]);
    expect([await refunds(order), await asks(order)]).toEqual([[{ state: 'STUCK', amount: 1_500 }], []]);
    says.refund = () => ({ kind: 'REFUNDED' });
    await pay.answerAgain(order.retry('PAYMENT', 'CANCELLING'));
    expect(asked).toEqual(['refund 1500', 'refund 1500 again']);
    expect((await types(order)).at(-1)).toBe('PaymentRefunded');
  },
);

test('of a refund that stays unanswered somebody is told, once, when it was due often; then it is made after all', async () => {
  const { order, says, pay } = await paid();
  const { orderId } = order;
  says.refund = silence;
  await faultOf(pay.undo(order.cancelling('PAYMENT')));
  await leaveToTest(sql, orderId);
  await dueOften(order, mostAsked - 1);
  expect(await faultOf(pay.settle(orderId))).toMatch('does not answer');
  expect(await types(order)).toEqual(['PaymentCaptured']);
  await dueOften(order);
  for (let round = 0; round < 2; round += 1) expect(await faultOf(pay.settle(orderId))).toMatch('does not answer');
  expect((await told(sql, orderId)).slice(1)).toMatchObject([
    { type: 'CompensationStuck', payload: { step: 'PAYMENT', reason: 'the payment provider does not answer' } },
  ]);
  says.refund = () => ({ kind: 'REFUNDED' });
  await pay.settle(orderId);
  expect((await types(order)).slice(2)).toEqual(['PaymentRefunded']);
  expect(await moved(sql, orderId)).toHaveLength(4);
});

test.each([
  ['nobody understands', nonsense('400: what?'), 0],
  ['does not come', silence(), mostAsked],
] as const)(
  'of a charge whose answer %s somebody is told when its order is cancelled; it is asked on, and goes back',
  async (_, fault, often) => {
    const { order, says, pay } = someCard();
    const { orderId } = order;
    says.charge = fault;
    expect(await faultOf(pay.capture(order.ready()))).toBe(fault.message);
    await leaveToTest(sql, orderId);
    await dueOften(order, often);
    await faultOf(pay.settle(orderId));
    expect(await types(order)).toEqual([]);
    for (let round = 0; round < 2; round += 1) await faultOf(pay.undo(order.cancelling()));
    await faultOf(pay.settle(orderId));
    expect(await told(sql, orderId)).toMatchObject([
      { type: 'CompensationStuck', payload: { step: 'PAYMENT', reason: fault.message } },
    ]);
    says.charge = undefined;
    await pay.settle(orderId);
    expect((await types(order)).slice(1)).toEqual(['PaymentCaptured', 'PaymentRefunded']);
    expect(await moved(sql, orderId)).toHaveLength(4);
  },
);

test('a refund that gets no answer keeps no other one waiting', async () => {
  const { order, asked, says, pay } = await paid();
  says.refund = amountMinor => (amountMinor === 400 ? silence() : { kind: 'REFUNDED' });
  await faultOf(pay.dropLines(order.dropped(400, 5)));
  await leaveToTest(sql, order.orderId);
  expect(await faultOf(pay.dropLines(order.dropped(100, 6)))).toMatch('does not answer');
  expect(asked).toEqual(['refund 400', 'refund 400', 'refund 100']);
  expect(await refunds(order)).toEqual([
    { state: 'DONE', amount: 100 },
    { state: 'PENDING', amount: 400 },
  ]);
});

test('a charge that waits for its turn when the order is cancelled is never sent', async () => {
  const { order, asked, pay } = someCard();
  const { orderId } = order;
  expect(await withTransaction(pool, tx => tell.ready(tx, order.ready()))).toEqual([orderId]);
  expect(await withTransaction(pool, tx => tell.cancelling(tx, order.cancelling()))).toEqual([]);
  expect(await told(sql, orderId)).toMatchObject([
    { type: 'PaymentFailed', payload: { reason: 'the order is cancelled', method: 'CARD' } },
  ]);
  expect(await pay.settle(orderId)).toBe(false);
  expect(asked).toEqual([]);
});

test('charging and cancelling at the same moment: it is charged and given back, or neither', async () => {
  const cards = Array.from({ length: 12 }, someCard);
  await Promise.all(cards.map(({ order }) => withTransaction(pool, tx => tell.ready(tx, order.ready()))));
  await Promise.all(
    cards.map(({ order, pay }) => Promise.all([pay.settle(order.orderId), pay.undo(order.cancelling())])),
  );
  for (const { order, asked } of cards) {
    const charged = asked.some(what => what.startsWith('charge'));
    expect(await types(order)).toEqual(charged ? ['PaymentCaptured', 'PaymentRefunded'] : ['PaymentFailed']);
    expect(await moved(sql, order.orderId)).toHaveLength(charged ? 4 : 0);
  }
});
