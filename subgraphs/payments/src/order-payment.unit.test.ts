import { describe, expect, test } from '@jest/globals';
import {
  concerns,
  couponDue,
  couponRedeemed,
  maySeePayment,
  orderPlaced,
  paymentAskedFor,
  paymentCaptured,
  paymentStatus,
  sellerAssigned,
  unheardOf,
} from './order-payment.ts';
import { couponRestored, couponToRestore, orderCancelled } from './order-refund.ts';
import { someOrder } from './testing/some-order.ts';

const order = someOrder({ couponCode: 'TEN' });
const { orderId, customerId } = order;
const unknown = unheardOf(orderId, customerId);
const placed = orderPlaced(unknown, order.placed);
const known = sellerAssigned(placed, order.assigned());

describe('a coupon', () => {
  test('is due when lines and assignment are both known, for the lines that are kept', () => {
    for (const state of [unknown, placed, sellerAssigned(unknown, order.assigned())])
      expect(couponDue(state)).toBeUndefined();
    expect(couponDue(known)).toEqual({ code: 'TEN', attempt: 1, subtotalMinor: 1_500, refusal: undefined });
    expect(couponDue(orderPlaced(sellerAssigned(unknown, order.assigned(2, [1])), order.placed))).toEqual({
      ...{ code: 'TEN', attempt: 2, subtotalMinor: 500, refusal: undefined },
    });
  });

  test('is decided once, and refused after the cancellation, whatever attempt asks for it', () => {
    const { state } = couponRedeemed(known, couponDue(known)!, 150);
    expect(couponDue(state)).toBeUndefined();
    expect(concerns(state, order.assigned(2))).toBe(false);
    const cancelled = orderCancelled(placed, order.cancelling());
    for (const attempt of [1, 5])
      expect(couponDue(sellerAssigned(cancelled, order.assigned(attempt)))).toMatchObject({
        refusal: 'the order is cancelled',
      });
  });

  test('is restored once, and only when it was redeemed', () => {
    expect(couponToRestore(known)).toBeUndefined();
    const { state } = couponRedeemed(known, couponDue(known)!, 150);
    expect(couponToRestore(state)).toBeUndefined();
    const cancelled = orderCancelled(state, { ...order.cancelling(), attempt: 2 });
    expect(couponToRestore(cancelled)).toBe('TEN');
    const restored = couponRestored(cancelled, 'TEN');
    expect(restored.events).toMatchObject([{ type: 'CouponRestored', seq: 2, payload: { attempt: 2 } }]);
    expect(couponToRestore(restored.state)).toBeUndefined();
  });
});

describe('a payment', () => {
  const asked = paymentAskedFor(known, 'p', order.ready(900))!.state;

  test('is asked for once, and refused after the cancellation', () => {
    expect(asked.payment).toMatchObject({ id: 'p', state: 'PENDING', method: 'WALLET', amountMinor: 900 });
    expect(paymentAskedFor(asked, 'q', order.ready())).toBeUndefined();
    expect(paymentAskedFor(orderCancelled(known, order.cancelling()), 'q', order.ready())).toMatchObject({
      state: { payment: { id: 'q', state: 'FAILED' } },
      events: [{ type: 'PaymentFailed', payload: { reason: 'the order is cancelled', attempt: 1 } }],
    });
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
