import { expect, test } from '@jest/globals';
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
  refundStuck,
} from './order-refund.ts';
import { answerAgain, isOurs, retryRequested } from './step-answer.ts';
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
