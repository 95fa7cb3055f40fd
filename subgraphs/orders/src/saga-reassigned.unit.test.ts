import { describe, expect, test } from '@jest/globals';
import { openSteps, stepOf, type SagaOrder } from './saga-state.ts';
import { decide } from './saga.ts';
import { anOrder, cancelling, facts, interleavings, play, statesOf } from './testing/saga-facts.ts';

const { assigned, assignmentRejected, reserved, rejected, unavailable, redeemed, captured, confirmed } = facts;
const { notConfirmed, expired, handedOver, delivered, released, refunded } = facts;

const confirmedOrder = (given: Partial<SagaOrder> = {}) =>
  play(anOrder(given), assigned(), reserved(), captured(), confirmed()).order;
const payloadOf = (events: readonly { type: string; payload: unknown }[], type: string) =>
  events.find(event => event.type === type)?.payload;

describe('a seller that rejects', () => {
  test('before the payment: stock is asked for anew, and the money only then', () => {
    const { order, statuses } = play(anOrder({ couponCode: 'TEN' }), assigned(), reserved(), assignmentRejected());
    expect(statuses).toEqual(['ROUTED', 'RESERVED', 'ROUTED']);
    expect(order.attempt).toBe(2);
    const early = play(order, redeemed());
    expect(early.types).toEqual([]);
    const { types, events } = play(early.order, assigned(2, ['s3', 's2']), reserved(2));
    expect(types).toEqual(['OrderReadyForPayment']);
    expect(events[0]?.payload).toMatchObject({ attempt: 2, sellerIds: ['s3', 's2'], totalMinor: 900 });
  });

  test('while the money is asked for: it is asked for only once, and the new goods are sold with it', () => {
    const { order, types, statuses } = play(
      anOrder(),
      ...[
        assigned(),
        reserved(),
        assignmentRejected(),
        captured(),
        assigned(2, ['s3', 's3']),
        reserved(2),
        confirmed(2),
      ],
    );
    expect(statuses).toEqual(['ROUTED', 'AWAITING_PAYMENT', 'AWAITING_PAYMENT', 'PAID', 'PAID', 'PAID', 'CONFIRMED']);
    expect(types).toEqual(['OrderReadyForPayment', 'OrderConfirmed']);
    expect(order.steps.filter(({ name }) => name === 'PAYMENT')).toHaveLength(1);
  });

  test('after the payment: back to PAID, and confirmed again for the new attempt; nothing is paid twice', () => {
    const rejectedOrder = play(confirmedOrder(), assignmentRejected());
    expect(rejectedOrder).toMatchObject({ statuses: ['PAID'], types: [], order: { attempt: 2 } });
    const { order, types, events } = play(
      rejectedOrder.order,
      ...[assigned(2, ['s3', 's2']), reserved(2), confirmed(2)],
    );
    expect(types).toEqual(['OrderConfirmed']);
    expect(events[0]?.payload).toMatchObject({ attempt: 2, sellerIds: ['s3', 's2'] });
    const { statuses } = play(order, handedOver('s1'), handedOver('s3'), handedOver('s2'));
    expect(statuses).toEqual(['CONFIRMED', 'CONFIRMED', 'HANDED_OVER']);
  });

  test('after the payment, and nobody else has it: everything is undone', () => {
    const { order, events } = play(confirmedOrder(), assignmentRejected(), unavailable(2));
    expect(cancelling(events)).toMatchObject({ attempt: 1, undo: ['DELIVERY', 'STOCK', 'PAYMENT'] });
    expect(openSteps(order).map(({ state }) => state)).toEqual(['UNDOING', 'UNDOING', 'UNDOING']);
    expect(order.cancelReason).toBe('nobody has it');
  });

  test('and is told of twice, or too late, moves the order only once', () => {
    const { order } = play(confirmedOrder(), assignmentRejected());
    expect(decide(order, assignmentRejected(), 1).order).toBe(order);
    const again = play(order, assigned(2, ['s3', 's2'])).order;
    expect(decide(again, assignmentRejected(), 1).order).toBe(again);
  });
});

describe('an assignment that changes without a word before', () => {
  test('brings a confirmed order back to PAID and to CONFIRMED again, in whatever order the answers are read', () => {
    for (const way of interleavings([assigned(2, ['s3', 's2'])], [reserved(2), confirmed(2)])) {
      const { order, types, statuses } = play(confirmedOrder(), ...way);
      expect([statuses.at(-1), types, order.attempt]).toEqual(['CONFIRMED', ['OrderConfirmed'], 2]);
    }
  });

  test('keeps parcels that were handed over, and waits for the others', () => {
    const { order } = play(confirmedOrder(), handedOver('s1'), assigned(2, ['s1', 's3']), reserved(2), confirmed(2));
    expect(order.parcels.map(({ sellerId, state }) => `${sellerId} ${state}`)).toEqual([
      's1 HANDED_OVER',
      's3 ASSIGNED',
    ]);
    expect(play(order, handedOver('s3')).types).toEqual(['OrderHandedOver']);
  });

  test('counts a hand-over that was read before the assignment it belongs to', () => {
    const { order, types } = play(confirmedOrder(), handedOver('s3'), handedOver('s1'));
    expect([order.status, types]).toEqual(['CONFIRMED', []]);
    expect(play(order, assigned(2, ['s1', 's3'])).order.status).toBe('HANDED_OVER');
  });

  test('an older one that was lost and comes later changes nothing but its own step', () => {
    const { order } = play(anOrder(), assigned(2, ['s3', 's3']), reserved(2));
    const late = play(order, assigned(1));
    expect(late.order).toMatchObject({ status: 'AWAITING_PAYMENT', attempt: 2, parcels: [{ sellerId: 's3' }] });
    expect(late.types).toEqual([]);
  });
});

describe('goods that are gone after the payment', () => {
  test('are looked for elsewhere; the money is held and the coupon stays redeemed', () => {
    const { order, types, statuses } = play(
      anOrder({ couponCode: 'TEN' }),
      ...[assigned(), redeemed(), reserved(), captured(900), notConfirmed()],
      ...[assigned(2, ['s3', 's3']), reserved(2), confirmed(2)],
    );
    expect(statuses.slice(3)).toEqual(['PAID', 'PAID', 'PAID', 'PAID', 'CONFIRMED']);
    expect(types).toEqual(['OrderReadyForPayment', 'OrderConfirmed']);
    expect(statesOf(order)).toEqual([
      ...['ASSIGNMENT 1 DONE', 'STOCK 1 UNDONE', 'COUPON 1 DONE', 'PAYMENT 1 DONE', 'CONFIRMATION 1 FAILED'],
      ...['ASSIGNMENT 2 DONE', 'STOCK 2 DONE', 'CONFIRMATION 2 DONE', 'HANDOVER 2 WAITING'],
    ]);
  });

  test('when the next seller has none either, a third is looked for, and at last all is undone', () => {
    const { order, events } = play(
      anOrder(),
      ...[assigned(), reserved(), captured(), notConfirmed(), assigned(2), rejected(2), unavailable(3)],
    );
    expect(order.attempt).toBe(3);
    expect(cancelling(events)).toMatchObject({ attempt: 2, undo: ['DELIVERY', 'PAYMENT'] });
  });

  test('a failed confirmation that is read before the payment waits for it', () => {
    const { statuses } = play(anOrder(), assigned(), reserved(), notConfirmed(), captured());
    expect(statuses.slice(2)).toEqual(['AWAITING_PAYMENT', 'PAID']);
  });
});

describe('a reservation that expires', () => {
  test('cancels nothing; the money decides', () => {
    const { order, statuses } = play(anOrder(), assigned(), reserved(), expired());
    expect(statuses.at(-1)).toBe('AWAITING_PAYMENT');
    expect(stepOf(order, 'STOCK', 1)?.state).toBe('UNDONE');
    expect(play(order, captured(), confirmed()).order.status).toBe('CONFIRMED');
  });

  test('while the coupon is awaited: the order goes on', () => {
    const { order } = play(anOrder({ couponCode: 'TEN' }), assigned(), reserved(), expired(), redeemed());
    expect(order.status).toBe('AWAITING_PAYMENT');
  });

  test('before the order is cancelled there is no stock to undo; during it, that is undone', () => {
    const before = play(anOrder(), assigned(), reserved(), expired(), facts.paymentFailed());
    expect(cancelling(before.events)).toMatchObject({ undo: ['DELIVERY'] });
    const during = play(anOrder(), assigned(), reserved(), facts.paymentFailed(), expired());
    expect(stepOf(during.order, 'STOCK', 1)?.state).toBe('UNDONE');
  });
});

describe('lines that are dropped after the payment', () => {
  const half = [assigned(2, ['s1', null]), reserved(2), confirmed(2)];

  test('are refunded by their part: the discount shrinks with the sum', () => {
    const paid = play(
      anOrder({ couponCode: 'TEN' }),
      ...[assigned(), redeemed(), reserved(), captured(900), confirmed(), handedOver('s1')],
    ).order;
    const { order, types, events } = play(paid, assignmentRejected(1, 's2'), ...half);
    expect(types).toEqual(['OrderLinesDropped', 'OrderConfirmed', 'OrderHandedOver']);
    expect(payloadOf(events, 'OrderLinesDropped')).toMatchObject({ attempt: 2, lineNos: [2], refundMinor: 360 });
    expect(payloadOf(events, 'OrderLinesDropped')).not.toHaveProperty('lost');
    expect(order.discountMinor).toBe(60);
    expect(stepOf(order, 'REFUND', 2)?.state).toBe('WAITING');
    const after = play(order, refunded(360)).order;
    expect(stepOf(after, 'REFUND', 2)?.state).toBe('DONE');
    expect(play(after, delivered('s1')).order).toMatchObject({ status: 'DELIVERED', saga: 'COMPLETED' });
  });

  test('while the money is asked for are told, and refunded, when it is known', () => {
    const { types, events } = play(
      anOrder(),
      assigned(),
      reserved(),
      assigned(2, ['s1', null]),
      reserved(2),
      captured(),
    );
    expect(types).toEqual(['OrderReadyForPayment', 'OrderLinesDropped']);
    expect(events[1]?.payload).toMatchObject({ lineNos: [2], refundMinor: 400 });
  });

  test('of a free order cost nothing to give back', () => {
    const free = play(
      anOrder({ couponCode: 'ALL' }),
      assigned(),
      redeemed(1000),
      reserved(),
      captured(0),
      confirmed(),
    ).order;
    const { order, events } = play(free, ...half);
    expect(payloadOf(events, 'OrderLinesDropped')).toMatchObject({ refundMinor: 0 });
    expect(stepOf(order, 'REFUND', 2)).toBeUndefined();
  });

  test('what comes back of them is not the answer to a later cancellation', () => {
    const { order } = play(confirmedOrder(), ...half, assignmentRejected(2), unavailable(3));
    expect(order.status).toBe('CANCELLING');
    expect(decide(order, released(2, 2), 1).order).toBe(order);
    expect(stepOf(play(order, released(2)).order, 'STOCK', 2)?.state).toBe('UNDONE');
  });
});
