import { describe, expect, test } from '@jest/globals';
import { orderEvents } from '@waygraph/schema/events/orders';
import { awaited, deadlineOf, openSteps, standsAt, type SagaOrder } from './saga-state.ts';
import type { Fact } from './saga-table.ts';
import { decide } from './saga.ts';
import { anOrder, cancelling, facts, play, statesOf } from './testing/saga-facts.ts';

const { assigned, reserved, rejected, unavailable, redeemed, couponRejected, captured, paymentFailed } = facts;
const { confirmed, handedOver, delivered, deliveryCancelled, released, restored, refunded } = facts;

const withCoupon = () => anOrder({ couponCode: 'TEN' });
describe('the whole way', () => {
  const way = [assigned(), reserved(), captured(), confirmed(), handedOver('s1'), handedOver('s2')];

  test('each answer brings the order one status on, and events tell of those that matter', () => {
    const { order, types, statuses, events } = play(anOrder(), ...way, delivered('s1'), delivered('s2'));
    const paid = ['ROUTED', 'AWAITING_PAYMENT', 'PAID', 'CONFIRMED'];
    expect(statuses).toEqual([...paid, 'CONFIRMED', 'HANDED_OVER', 'HANDED_OVER', 'DELIVERED']);
    expect(types).toEqual(['OrderReadyForPayment', 'OrderConfirmed', 'OrderHandedOver', 'OrderDelivered']);
    expect(order).toMatchObject({ saga: 'COMPLETED', version: 5 });
    expect(openSteps(order)).toEqual([]);
    expect(events.map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
  });

  test('every event fits the catalogue and carries status, version, customer and sellers', () => {
    const { events } = play(anOrder(), ...way);
    for (const event of events) {
      orderEvents.find(({ type }) => type === event.type)!.parse(event.payload);
      expect(event).toMatchObject({
        ...{ topic: 'order.events', key: 'order' },
        payload: { orderId: 'order', customerId: 'ana', sellerIds: ['s1', 's2'], version: event.seq },
      });
    }
    expect(events[0]?.payload).toMatchObject({
      ...{ status: 'AWAITING_PAYMENT', attempt: 1, subtotalMinor: 1000, discountMinor: 0, totalMinor: 1000 },
    });
  });

  test('a repeat changes nothing at any stage', () => {
    way.reduce<SagaOrder>((before, fact) => {
      const { order } = decide(before, fact, 1);
      const again = decide(order, fact, 2);
      expect(again.order).toBe(order);
      expect(again.events).toEqual([]);
      return order;
    }, anOrder());
  });

  test('says where it stands, what is awaited and until when', () => {
    const { order } = play(withCoupon(), assigned());
    expect(standsAt(order)).toBe('STOCK');
    expect(awaited(order)).toEqual(['StockReserved', 'CouponRedeemed']);
    expect(deadlineOf(order)).toBe(31_000);
    const confirmedOrder = play(anOrder(), ...way.slice(0, 4)).order;
    expect(standsAt(confirmedOrder)).toBe('HANDOVER');
    expect(awaited(confirmedOrder)).toEqual(['HandedOver']);
    expect(deadlineOf(confirmedOrder)).toBeNull();
  });
});

describe('the join of stock and coupon', () => {
  test.each([
    ['stock first', [reserved(), redeemed()], ['RESERVED', 'AWAITING_PAYMENT']],
    ['coupon first', [redeemed(), reserved()], ['ROUTED', 'AWAITING_PAYMENT']],
  ])('%s: the money is asked for once, when both are there', (_, answers, statuses) => {
    const played = play(withCoupon(), assigned(), ...answers);
    expect(played.statuses.slice(1)).toEqual(statuses);
    expect(played.types).toEqual(['OrderReadyForPayment']);
    expect(played.events[0]?.payload).toMatchObject({ discountMinor: 100, totalMinor: 900 });
  });

  test('a discount never exceeds what is to be paid', () => {
    const { events } = play(withCoupon(), assigned(), redeemed(5000), reserved());
    expect(events[0]?.payload).toMatchObject({ subtotalMinor: 1000, discountMinor: 1000, totalMinor: 0 });
  });
});

describe('an order that fails', () => {
  const answersTo: Record<string, Fact> = {
    DELIVERY: deliveryCancelled(),
    STOCK: released(),
    COUPON: restored(),
    PAYMENT: refunded(900),
  };

  test('without a seller ends at once: there is nothing to undo', () => {
    const { order, types } = play(anOrder(), unavailable());
    expect(types).toEqual(['OrderCancelled']);
    expect(order).toMatchObject({
      status: 'CANCELLED',
      saga: 'COMPENSATED',
      cancelReason: 'nobody has it',
      version: 2,
    });
  });

  test.each<[string, SagaOrder, Fact[], string[], string]>([
    ['no money', anOrder(), [assigned(), reserved(), paymentFailed()], ['DELIVERY', 'STOCK'], 'the wallet is too low'],
    [
      'no money, with a coupon',
      withCoupon(),
      [assigned(), reserved(), redeemed(), paymentFailed()],
      ['DELIVERY', 'STOCK', 'COUPON'],
      'the wallet is too low',
    ],
    [
      'the coupon is refused, stock answers later',
      withCoupon(),
      [assigned(), couponRejected(), reserved()],
      ['DELIVERY', 'STOCK'],
      'the coupon has expired',
    ],
    [
      'the coupon is refused last',
      withCoupon(),
      [assigned(), reserved(), couponRejected()],
      ['DELIVERY', 'STOCK'],
      'the coupon has expired',
    ],
    [
      'the coupon is refused and nobody has the stock',
      withCoupon(),
      [assigned(), couponRejected(), rejected(), unavailable(2)],
      ['DELIVERY'],
      'the coupon has expired',
    ],
    [
      'stock is gone and no other seller has it',
      withCoupon(),
      [assigned(), redeemed(), rejected(), unavailable(2)],
      ['DELIVERY', 'COUPON'],
      'nobody has it',
    ],
    [
      'the reservation was lost after the payment and no other seller has it',
      withCoupon(),
      [assigned(), redeemed(), reserved(), captured(900), facts.notConfirmed(), unavailable(2)],
      ['DELIVERY', 'COUPON', 'PAYMENT'],
      'nobody has it',
    ],
  ])('%s: exactly what was done is undone, then it is cancelled', (_, given, way, undo, cancelReason) => {
    const { order, events } = play(given, ...way);
    expect(order).toMatchObject({ status: 'CANCELLING', saga: 'COMPENSATING', cancelReason });
    expect(cancelling(events)).toMatchObject({ undo, reason: cancelReason, attempt: 1, status: 'CANCELLING' });
    const answered = play(order, ...undo.map(step => answersTo[step]!));
    expect(answered.statuses).toEqual([...undo.slice(1).map(() => 'CANCELLING'), 'CANCELLED']);
    expect(answered.types).toEqual(['OrderCancelled']);
    expect(answered.order).toMatchObject({ saga: 'COMPENSATED', cancelReason });
  });

  test('waits for what is still open before it cancels', () => {
    const { statuses, types } = play(withCoupon(), assigned(), couponRejected());
    expect(statuses).toEqual(['ROUTED', 'ROUTED']);
    expect(types).toEqual([]);
  });

  test('gives nothing back that was never paid: a free order has no refund to wait for', () => {
    const { events } = play(
      withCoupon(),
      ...[assigned(), reserved(), redeemed(1000), captured(0), facts.notConfirmed(), unavailable(2)],
    );
    expect(cancelling(events)).toMatchObject({ undo: ['DELIVERY', 'COUPON'] });
  });
});

describe('a seller without stock', () => {
  test('the next candidate takes over; a redeemed coupon stays redeemed', () => {
    const { order, types } = play(withCoupon(), assigned(), redeemed(), rejected(), assigned(2, ['s3', 's3']));
    expect(types).toEqual([]);
    expect(order.lines.map(({ sellerId }) => sellerId)).toEqual(['s3', 's3']);
    const first = ['ASSIGNMENT 1 DONE', 'STOCK 1 FAILED', 'COUPON 1 DONE'];
    expect(statesOf(order)).toEqual([...first, 'ASSIGNMENT 2 DONE', 'STOCK 2 WAITING']);
    const after = play(order, reserved(2));
    expect(after.events[0]?.payload).toMatchObject({ attempt: 2, sellerIds: ['s3'], totalMinor: 900 });
  });

  test('what is said of an older attempt no longer matters', () => {
    const { order } = play(anOrder(), assigned(), rejected(), assigned(2));
    expect(decide(order, reserved(1), 1).order).toBe(order);
    expect(play(order, reserved(2)).order.status).toBe('AWAITING_PAYMENT');
  });

  test('is undone for the attempt that was assigned last', () => {
    const { order, events } = play(anOrder(), assigned(), rejected(), assigned(2), reserved(2), paymentFailed());
    expect(cancelling(events)).toMatchObject({ attempt: 2, undo: ['DELIVERY', 'STOCK'] });
    expect(play(order, deliveryCancelled(2)).order.status).toBe('CANCELLING');
    expect(play(order, released(2), deliveryCancelled(2)).order.status).toBe('CANCELLED');
  });
});

describe('a line that nobody can serve', () => {
  test('is dropped, told, and costs nothing', () => {
    const { order, types, events } = play(anOrder(), assigned(1, ['s1', null]), reserved());
    expect(types).toEqual(['OrderLinesDropped', 'OrderReadyForPayment']);
    expect(events[0]?.payload).toMatchObject({ status: 'ROUTED', version: 2, lineNos: [2], refundMinor: 0 });
    expect(events[1]?.payload).toMatchObject({ version: 3, subtotalMinor: 600, totalMinor: 600 });
    expect(order.lines.map(({ status }) => status)).toEqual(['ACTIVE', 'DROPPED']);
  });

  test('is dropped by a later attempt too, and only told once', () => {
    const { events } = play(anOrder(), assigned(), rejected(), assigned(2, ['s3', null]), reserved(2));
    expect(events.map(({ type }) => type)).toEqual(['OrderLinesDropped', 'OrderReadyForPayment']);
    expect(events[0]?.payload).toMatchObject({ attempt: 2, lineNos: [2] });
  });
});
