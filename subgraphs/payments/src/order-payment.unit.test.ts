import { describe, expect, test } from '@jest/globals';
import {
  concerns,
  couponDue,
  couponRedeemed,
  couponRestored,
  couponToRestore,
  maySeePayment,
  orderCancelling,
  orderPlaced,
  paymentAskedFor,
  paymentCaptured,
  paymentFailed,
  paymentRefunded,
  paymentStatus,
  refundableMinor,
  sellerAssigned,
  type OrderPayment,
} from './order-payment.ts';
import { someOrder } from './testing/some-order.ts';

const order = someOrder({ couponCode: 'TEN' });
const { orderId, customerId } = order;
const unknown: OrderPayment = {
  ...{ orderId, version: 0, customerId, sellerIds: [], placed: null, assigned: null, payment: null },
  coupon: { state: 'OPEN', discountMinor: 0 },
  cancelledAttempt: null,
};
const placed = orderPlaced(unknown, order.placed);
const known = sellerAssigned(placed, order.assigned());

describe('a coupon', () => {
  test('is due when lines and assignment are both known, for the lines that are kept', () => {
    for (const state of [unknown, placed, sellerAssigned(unknown, order.assigned())])
      expect(couponDue(state)).toBeUndefined();
    expect(couponDue(known)).toEqual({ code: 'TEN', attempt: 1, subtotalMinor: 1_500 });
    expect(couponDue(orderPlaced(sellerAssigned(unknown, order.assigned(2, [1])), order.placed))).toEqual({
      ...{ code: 'TEN', attempt: 2, subtotalMinor: 500 },
    });
  });

  test('is decided once, and never after the cancellation', () => {
    const { state } = couponRedeemed(known, couponDue(known)!, 150);
    expect(couponDue(state)).toBeUndefined();
    expect(concerns(state, order.assigned(2))).toBe(false);
    expect(couponDue(orderCancelling(known, order.cancelling()))).toBeUndefined();
  });

  test('is restored once, and only when it was redeemed', () => {
    expect(couponToRestore(known)).toBeUndefined();
    const { state } = couponRedeemed(known, couponDue(known)!, 150);
    expect(couponToRestore(state)).toBe('TEN');
    const restored = couponRestored(state, 'TEN', 2);
    expect(restored.events).toMatchObject([{ type: 'CouponRestored', seq: 2, payload: { attempt: 2 } }]);
    expect(couponToRestore(restored.state)).toBeUndefined();
  });
});

describe('a payment', () => {
  const asked = paymentAskedFor(known, 'p', order.ready(900))!;

  test('is asked for once, and not after the cancellation', () => {
    expect(asked.payment).toMatchObject({ id: 'p', state: 'PENDING', method: 'WALLET', amountMinor: 900 });
    expect(paymentAskedFor(asked, 'q', order.ready())).toBeUndefined();
    expect(paymentAskedFor(orderCancelling(known, order.cancelling()), 'q', order.ready())).toBeUndefined();
  });

  test('each event takes the next version', () => {
    const { state, events } = paymentCaptured(asked, asked.payment!);
    expect(events).toMatchObject([{ type: 'PaymentCaptured', key: orderId, seq: 1, payload: { amountMinor: 900 } }]);
    const refund = { id: 'r', attempt: 2, amountMinor: 400, reason: 'dropped' };
    const refunded = paymentRefunded(state, state.payment!, refund);
    expect(refunded).toMatchObject({
      state: { version: 2, payment: { refundedMinor: 400 } },
      events: [{ seq: 2, payload: { amountMinor: 400, refundedMinor: 400, attempt: 2, paymentId: 'p' } }],
    });
  });

  test('gives back at most what was captured and not claimed yet', () => {
    const captured = paymentCaptured(asked, asked.payment!).state;
    expect(refundableMinor(captured, 0)).toBe(900);
    expect(refundableMinor(captured, 500)).toBe(400);
    expect(refundableMinor(asked, 0)).toBe(0);
    expect(refundableMinor(paymentFailed(asked, asked.payment!, 'no').state, 0)).toBe(0);
    expect(refundableMinor(known, 0)).toBe(0);
  });

  test('stands as its state and its refunds say', () => {
    const captured = paymentCaptured(asked, asked.payment!).state.payment!;
    expect(paymentStatus(asked.payment!)).toBe('PENDING');
    expect(paymentStatus(captured)).toBe('CAPTURED');
    expect(paymentStatus({ ...captured, refundedMinor: 1 })).toBe('PARTIALLY_REFUNDED');
    expect(paymentStatus({ ...captured, refundedMinor: 900 })).toBe('REFUNDED');
    expect(paymentStatus({ ...captured, amountMinor: 0 })).toBe('CAPTURED');
  });

  test('is its customer’s and the operators’ business', () => {
    const payment = asked.payment!;
    expect(maySeePayment({ sub: customerId, role: 'customer' }, payment)).toBe(true);
    expect(maySeePayment({ sub: 'x', role: 'operator' }, payment)).toBe(true);
    for (const actor of [undefined, { sub: 'x', role: 'customer' }, { sub: customerId, role: 'seller' }])
      expect(maySeePayment(actor, payment)).toBe(false);
  });
});
