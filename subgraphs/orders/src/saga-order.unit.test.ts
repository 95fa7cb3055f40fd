import { expect, test } from '@jest/globals';
import { openSteps } from './saga-state.ts';
import type { Fact } from './saga-table.ts';
import { anOrder, facts, interleavings, play } from './testing/saga-facts.ts';

const { assigned, unavailable, reserved, rejected, redeemed, couponRejected, captured, confirmed } = facts;
const { handedOver, delivered } = facts;

test.each<[string, { delivery: Fact[]; stock: Fact[]; payment: Fact[]; ends: string; tells: string[] }]>([
  [
    'an order that is reassigned and paid',
    {
      delivery: [assigned(1), assigned(2)],
      stock: [rejected(1), reserved(2)],
      payment: [redeemed()],
      ends: 'AWAITING_PAYMENT',
      tells: ['OrderReadyForPayment'],
    },
  ],
  [
    'an order without any stock',
    {
      delivery: [assigned(1), assigned(2), unavailable(3)],
      stock: [rejected(1), rejected(2)],
      payment: [redeemed()],
      ends: 'CANCELLING',
      tells: ['OrderCancelling'],
    },
  ],
  [
    'an order whose coupon is refused',
    {
      delivery: [assigned(1), assigned(2)],
      stock: [rejected(1), reserved(2)],
      payment: [couponRejected()],
      ends: 'CANCELLING',
      tells: ['OrderCancelling'],
    },
  ],
])('%s ends alike in whatever order the topics are read', (_, { delivery, stock, payment, ends, tells }) => {
  for (const facts of interleavings(delivery, stock, payment)) {
    const { order, types } = play(anOrder({ couponCode: 'TEN' }), ...facts);
    expect([facts.map(({ type }) => type), order.status, types]).toEqual([expect.anything(), ends, tells]);
  }
});

test('an arrival that is read before its hand-over counts as both, and the hand-over then changes nothing', () => {
  const confirmedOrder = play(anOrder(), assigned(), reserved(), captured(), confirmed()).order;
  const { order, statuses, types } = play(
    confirmedOrder,
    ...[delivered('s2'), handedOver('s1'), handedOver('s2'), delivered('s1')],
  );
  expect(statuses).toEqual(['CONFIRMED', 'HANDED_OVER', 'HANDED_OVER', 'DELIVERED']);
  expect(types).toEqual(['OrderHandedOver', 'OrderDelivered']);
  expect(openSteps(order)).toEqual([]);
  expect(play(confirmedOrder, delivered('s1'), delivered('s2')).types).toEqual(['OrderHandedOver', 'OrderDelivered']);
});

test('a line that a later attempt drops is told once, also when its stock answers before the assignment is read', () => {
  const facts = interleavings(
    [assigned(1, ['s1', 's2']), assigned(2, ['s3', null]), assigned(3, ['s4', null])],
    [rejected(1), rejected(2), reserved(3)],
  );
  for (const way of facts) {
    const { order, types } = play(anOrder(), ...way);
    expect([way.map(({ type }) => type), types]).toEqual([
      expect.anything(),
      ['OrderLinesDropped', 'OrderReadyForPayment'],
    ]);
    expect(order.version).toBe(3);
  }
});

test('a line that the first assignment drops is told once, also when stock answers first', () => {
  for (const way of interleavings([assigned(1, ['s1', null])], [reserved(1)]))
    expect(play(anOrder(), ...way).types).toEqual(['OrderLinesDropped', 'OrderReadyForPayment']);
});

test('a confirmation that is read before the payment it follows from waits for it', () => {
  const { statuses, types } = play(anOrder(), assigned(), reserved(), confirmed(), captured());
  expect(statuses.slice(2)).toEqual(['AWAITING_PAYMENT', 'CONFIRMED']);
  expect(types).toEqual(['OrderReadyForPayment', 'OrderConfirmed']);
});
