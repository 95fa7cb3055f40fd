import { describe, expect, test } from '@jest/globals';
import {
  couponDue,
  couponRedeemed,
  couponRejected,
  orderPlaced,
  paymentAskedFor,
  paymentCaptured,
  paymentFailed,
  sellerAssigned,
  unheardOf,
  type OrderPayment,
} from './order-payment.ts';
import {
  couponRestored,
  linesDropped,
  moneyGoesBack,
  orderCancelled,
  paymentRefunded,
  refundKey,
  refundsDue,
  refundStuck,
  unclaimedMinor,
} from './order-refund.ts';
import { answerStepAgain } from './answer-again.ts';
import { openBooks } from './books.ts';
import { answerAgain, isOurs, retryRequested, settledByHand } from './step-answer.ts';
import { someOrder } from './testing/some-order.ts';

const order = someOrder({ couponCode: 'TEN' });
const known = sellerAssigned(orderPlaced(unheardOf(order.orderId, order.customerId), order.placed), order.assigned());
const redeemed = couponRedeemed(known, couponDue(known)!, 150);
const asked = paymentAskedFor(redeemed.state, 'p', order.ready(900))!.state;
const captured = paymentCaptured(asked, asked.payment!);
const again = (state: OrderPayment, step: string) => answerAgain(state, { step });

test('only the steps of payments are answered', () => {
  expect(['COUPON', 'PAYMENT', 'REFUND', 'STOCK', 'CANCEL'].filter(step => isOurs(order.retry(step)))).toEqual([
    ...['COUPON', 'PAYMENT', 'REFUND'],
  ]);
});

test('each answer is told again with the same content and the next seq, and changes nothing else', () => {
  const restored = couponRestored(orderCancelled(redeemed.state, order.cancelling()), 'TEN');
  const claimed = linesDropped(captured.state, 'a', order.dropped(400));
  const rejected = couponRejected(known, couponDue(known)!, 'the coupon has expired');
  for (const [step, told] of [
    ['COUPON', redeemed],
    ['COUPON', rejected],
    ['COUPON', restored],
    ['PAYMENT', captured],
    ['PAYMENT', paymentFailed(asked, asked.payment!, 'the card was declined')],
    ['REFUND', paymentRefunded(claimed, claimed.refunds[0]!)],
  ] as const) {
    const { state, events } = again(told.state, step);
    const [before] = told.events;
    expect(events).toEqual([{ ...before, seq: before!.seq + 1 }]);
    expect(state).toEqual({ ...told.state, version: told.state.version + 1 });
  }
});

test('what is not decided, or under way, is not answered', () => {
  const pending = linesDropped(captured.state, 'a', order.dropped(400));
  for (const [state, step] of [
    [known, 'COUPON'],
    [redeemed.state, 'PAYMENT'],
    [asked, 'PAYMENT'],
    [captured.state, 'REFUND'],
    [pending, 'REFUND'],
    [moneyGoesBack(orderCancelled(captured.state, order.cancelling()), 'b'), 'PAYMENT'],
  ] as const)
    expect(again(state, step)).toEqual({ state, events: [] });
});

test('a request for an order that is cancelled leaves the tombstone; refunds that are stuck are tried again', () => {
  const { state: now } = captured;
  expect(retryRequested(now, order.retry('PAYMENT', 'PAID')).cancelled).toBeNull();
  expect(retryRequested(now, order.retry('COUPON', 'CANCELLING', 2)).cancelled).toMatchObject({ attempt: 2 });
  const claimed = moneyGoesBack(orderCancelled(now, order.cancelling()), 'b');
  const { state: stuck } = refundStuck(claimed, claimed.refunds[0]!, 'no');
  expect(retryRequested(stuck, order.retry('COUPON', 'CANCELLING')).refunds).toMatchObject([{ state: 'STUCK' }]);
  const retried = retryRequested(stuck, order.retry('PAYMENT', 'CANCELLING'));
  expect(retried.refunds).toEqual([{ ...claimed.refunds[0], tries: 1 }]);
  expect([...stuck.refunds, ...retried.refunds].map(refundKey)).toEqual(['b', 'b:1']);
  expect(again(paymentRefunded(retried, retried.refunds[0]!).state, 'PAYMENT').events).toMatchObject([
    { type: 'PaymentRefunded', payload: { amountMinor: 900, refundedMinor: 900 } },
  ]);
});

test('what was done just now for another step is no answer: the one that was asked for is told again', () => {
  const coupon = { code: 'TEN', percentOff: 10, amountOffMinor: null, quota: 5, used: 1, expired: false };
  const books = () => openBooks({ wallets: new Map(), coupons: new Map([['TEN', coupon]]) });
  const { state } = paymentFailed(asked, asked.payment!, 'the card was declined');
  const told = (step: string) =>
    answerStepAgain(state, 'r', order.retry(step, 'CANCELLING'), books()).events.map(({ type }) => type);
  expect(told('PAYMENT')).toEqual(['CouponRestored', 'PaymentFailed']);
  expect(told('COUPON')).toEqual(['CouponRestored']);
});

describe('refunds that somebody has seen to by hand', () => {
  const two = moneyGoesBack(
    orderCancelled(linesDropped(captured.state, 'a', order.dropped(400)), order.cancelling()),
    'b',
  );
  const { state: stuck } = refundStuck(two, two.refunds[0]!, 'no');
  const settled = settledByHand(stuck, { step: 'PAYMENT' });

  test('are over, stuck or unanswered: never asked for again, and their claim stays', () => {
    expect(settled.refunds).toMatchObject([
      { state: 'SETTLED', fault: 'no', reason: 'nobody can serve them' },
      { state: 'SETTLED', fault: 'no answer until it was settled', reason: 'nobody has it' },
    ]);
    expect(refundsDue(settled)).toEqual([]);
    for (const step of ['PAYMENT', 'REFUND'])
      expect(retryRequested(settled, order.retry(step, 'CANCELLING')).refunds).toEqual(settled.refunds);
    expect(unclaimedMinor(settled)).toBe(0);
    expect(moneyGoesBack(linesDropped(settled, 'c', order.dropped(400, 7)), 'd')).toBe(settled);
    expect(settledByHand(settled, { step: 'PAYMENT' })).toBe(settled);
  });

  test('are only those of lines when it is theirs that were seen to', () => {
    const lines = settledByHand(stuck, { step: 'REFUND' });
    expect(lines.refunds).toMatchObject([{ state: 'SETTLED' }, { state: 'PENDING', fault: null }]);
    expect(settledByHand(lines, { step: 'REFUND' })).toBe(lines);
  });

  test('are none of a charge that nobody knows the end of', () => {
    expect(settledByHand(captured.state, { step: 'PAYMENT' })).toBe(captured.state);
    const charged = moneyGoesBack(orderCancelled(asked, order.cancelling()), 'b', { isCharged: true });
    expect(charged.refunds).toMatchObject([{ state: 'PENDING' }]);
    expect(settledByHand(charged, { step: 'PAYMENT' })).toBe(charged);
  });
});
