import { describe, expect, test } from '@jest/globals';
import { paymentAskedFor, paymentCaptured, paymentFailed, unheardOf, type OrderPayment } from './order-payment.ts';
import {
  leftUnclear,
  linesDropped,
  moneyGoesBack,
  orderCancelled,
  paymentRefunded,
  refundsDue,
  refundStuck,
  unclaimedMinor,
  unsentFails,
} from './order-refund.ts';
import { retryRequested } from './step-answer.ts';
import { someOrder } from './testing/some-order.ts';

const order = someOrder();
const known = unheardOf(order.orderId, order.customerId);
const asked = paymentAskedFor(known, 'p', order.ready(900))!.state;
const captured = paymentCaptured(asked, asked.payment!).state;
const cancel = (state: OrderPayment) => orderCancelled(state, order.cancelling());

describe('a cancelled order', () => {
  test('keeps the reason it was told first; its attempt only grows', () => {
    const once = orderCancelled(known, order.cancelled());
    expect(once.cancelled).toEqual({ attempt: 1, reason: 'no answer' });
    expect(orderCancelled(once, { ...order.cancelling(), attempt: 3 }).cancelled).toEqual({
      ...{ attempt: 3, reason: 'no answer' },
    });
    expect(orderCancelled(captured, order.cancelled()).cancelled?.attempt).toBe(1);
  });

  test('gives all its money back, once; one that is not cancelled or has not paid none', () => {
    for (const state of [
      captured,
      cancel(known),
      cancel(asked),
      cancel(paymentFailed(asked, asked.payment!, 'no').state),
    ])
      expect(moneyGoesBack(state, 'r')).toBe(state);
    const claimed = moneyGoesBack(cancel(captured), 'r');
    expect(claimed.refunds).toEqual([
      {
        ...{ id: 'r', cause: 'CANCELLED', state: 'PENDING', attempt: 1 },
        ...{ amountMinor: 900, reason: 'nobody has it', tries: 0, fault: null },
      },
    ]);
    expect(moneyGoesBack(claimed, 's')).toBe(claimed);
    const free = paymentAskedFor(known, 'p', order.ready(0))!.state;
    const paidNothing = cancel(paymentCaptured(free, free.payment!).state);
    expect(moneyGoesBack(paidNothing, 'r')).toBe(paidNothing);
  });

  test('a charge that turns out to have taken effect goes back with the booking of its capture', () => {
    const claimed = moneyGoesBack(cancel(asked), 'r', { isCharged: true });
    expect(claimed.refunds).toMatchObject([{ id: 'r', amountMinor: 900, state: 'PENDING' }]);
    expect(refundsDue(claimed)).toEqual([]);
    const { state } = paymentCaptured(claimed, claimed.payment!);
    expect(refundsDue(state)).toHaveLength(1);
    expect(moneyGoesBack(asked, 'r', { isCharged: true })).toBe(asked);
  });
});

describe('lines that are dropped', () => {
  test('give their money back once per version of the order, and never more than there is', () => {
    const first = linesDropped(captured, 'a', order.dropped(400, 5));
    expect(first.refunds).toMatchObject([{ id: 'a', cause: 'LINES:5', amountMinor: 400, attempt: 2 }]);
    expect(linesDropped(first, 'b', order.dropped(400, 5))).toBe(first);
    const second = linesDropped(first, 'b', order.dropped(700, 8));
    expect(second.refunds).toMatchObject([{ amountMinor: 400 }, { cause: 'LINES:8', amountMinor: 500 }]);
    expect(unclaimedMinor(second)).toBe(0);
    expect(linesDropped(second, 'c', order.dropped(1, 9))).toBe(second);
    const cancelled = cancel(second);
    expect(moneyGoesBack(cancelled, 'd')).toBe(cancelled);
  });

  test('the cancellation gives back the rest', () => {
    const dropped = linesDropped(captured, 'a', order.dropped(400));
    expect(moneyGoesBack(cancel(dropped), 'b').refunds).toMatchObject([{ amountMinor: 400 }, { amountMinor: 500 }]);
  });

  test('of an order that has not paid, or costs nothing, give nothing back', () => {
    expect(linesDropped(asked, 'a', order.dropped(400))).toBe(asked);
    expect(linesDropped(captured, 'a', order.dropped(0))).toBe(captured);
  });
});

test('a refund tells its amount and the sum so far; one that is stuck tells the step it belongs to', () => {
  const claimed = linesDropped(captured, 'a', order.dropped(400, 5));
  const first = paymentRefunded(claimed, claimed.refunds[0]!);
  expect(first).toMatchObject({
    state: { version: 2, payment: { refundedMinor: 400 }, refunds: [{ state: 'DONE' }] },
    events: [{ type: 'PaymentRefunded', seq: 2, payload: { amountMinor: 400, refundedMinor: 400, attempt: 2 } }],
  });
  const whole = moneyGoesBack(cancel(first.state), 'b');
  expect(paymentRefunded(whole, whole.refunds[1]!).events).toMatchObject([
    { seq: 3, payload: { paymentId: 'p', amountMinor: 500, refundedMinor: 900, attempt: 1 } },
  ]);
  expect(refundStuck(whole, whole.refunds[1]!, 'no')).toMatchObject({
    state: { refunds: [{ state: 'DONE' }, { state: 'STUCK', fault: 'no' }], payment: { refundedMinor: 400 } },
    events: [{ type: 'CompensationStuck', payload: { step: 'PAYMENT', reason: 'no' } }],
  });
  expect(refundStuck(claimed, claimed.refunds[0]!, 'no').events).toMatchObject([{ payload: { step: 'REFUND' } }]);
});

describe('what the provider leaves unanswered', () => {
  const card = paymentAskedFor(known, 'p', { ...order.ready(900), payment: 'CARD' })!.state;
  const sent: OrderPayment = { ...card, payment: { ...card.payment!, isSent: true } };

  test('is told once of a charge whose order is cancelled, and once more when it is asked for again', () => {
    expect(leftUnclear(sent, 'silence').events).toEqual([]);
    const told = leftUnclear(cancel(sent), 'silence');
    expect(told.events).toMatchObject([
      { type: 'CompensationStuck', seq: 1, payload: { step: 'PAYMENT', attempt: 1, reason: 'silence' } },
    ]);
    expect(told.state.payment?.state).toBe('PENDING');
    expect(leftUnclear(told.state, 'silence')).toEqual({ state: told.state, events: [] });
    const again = retryRequested(told.state, order.retry('PAYMENT', 'CANCELLING'));
    expect(leftUnclear(again, 'silence').events).toMatchObject([{ type: 'CompensationStuck', seq: 2 }]);
  });

  test('is told of a refund, whose order need not be cancelled, and again with the next one', () => {
    const { state } = paymentCaptured(sent, sent.payment!);
    expect(leftUnclear(state, 'silence').events).toEqual([]);
    const first = leftUnclear(linesDropped(state, 'a', order.dropped(400)), 'silence');
    expect(first.events).toMatchObject([{ payload: { step: 'REFUND', attempt: 2 } }]);
    const whole = leftUnclear(moneyGoesBack(cancel(first.state), 'b'), 'silence');
    expect(whole.events).toMatchObject([{ payload: { step: 'PAYMENT', attempt: 1 } }]);
  });

  test('a charge that was never sent fails when its order is cancelled; one that was may have taken effect', () => {
    expect(unsentFails(card).events).toEqual([]);
    expect(unsentFails(cancel(card))).toMatchObject({
      state: { payment: { state: 'FAILED' } },
      events: [{ type: 'PaymentFailed', payload: { reason: 'the order is cancelled' } }],
    });
    expect(unsentFails(cancel(sent)).events).toEqual([]);
  });
});

test('a cancellation that says nothing new changes nothing', () => {
  const once = cancel(captured);
  expect(orderCancelled(once, order.cancelling())).toBe(once);
  expect(orderCancelled(once, { ...order.cancelling(), attempt: 2 })).not.toBe(once);
});
