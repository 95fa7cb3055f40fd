import { expect, test } from '@jest/globals';
import type { Fact } from './saga-table.ts';
import { anOrder, facts, play } from './testing/saga-facts.ts';

/** Topics keep the order of their own events, but nobody keeps the order between topics. */
function interleavings(...topics: readonly (readonly Fact[])[]): Fact[][] {
  if (topics.every(topic => topic.length === 0)) return [[]];
  return topics.flatMap((topic, index) => {
    const [first, ...rest] = topic;
    if (first === undefined) return [];
    return interleavings(...topics.with(index, rest)).map(others => [first, ...others]);
  });
}

const { assigned, unavailable, reserved, rejected, redeemed, couponRejected, captured, confirmed } = facts;

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

test('a confirmation that is read before the payment it follows from waits for it', () => {
  const { statuses, types } = play(anOrder(), assigned(), reserved(), confirmed(), captured());
  expect(statuses.slice(2)).toEqual(['AWAITING_PAYMENT', 'CONFIRMED']);
  expect(types).toEqual(['OrderReadyForPayment', 'OrderConfirmed']);
});
