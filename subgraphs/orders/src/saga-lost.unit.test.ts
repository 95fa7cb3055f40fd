import { expect, test } from '@jest/globals';
import { stepOf, type SagaOrder } from './saga-state.ts';
import { decide } from './saga.ts';
import { anOrder, cancelling, facts, play } from './testing/saga-facts.ts';

const { assigned, reserved, redeemed, captured, confirmed, handedOver, delivered, lost, refunded, restored } = facts;

/** An order that is on its way, and what it is paid with. */
const sent = (given: Partial<SagaOrder> = {}, paid = [captured()]) =>
  play(anOrder(given), ...[assigned(), reserved(), ...paid, confirmed(), handedOver('s1'), handedOver('s2')]).order;

test('a lost parcel: its lines are dropped and refunded, the rest goes on', () => {
  const { order, types, events } = play(sent(), lost('s2', 2), refunded(400), delivered('s1'));
  expect(types).toEqual(['OrderLinesDropped', 'OrderDelivered']);
  expect(events[0]?.payload).toMatchObject({ lineNos: [2], refundMinor: 400, lost: true, status: 'HANDED_OVER' });
  expect(order).toMatchObject({ status: 'DELIVERED', saga: 'COMPLETED' });
  expect(order.lines.map(({ status, sellerId }) => `${status} ${sellerId ?? ''}`)).toEqual(['ACTIVE s1', 'DROPPED s2']);
});

test('an order is delivered when the rest is, and its saga ends when the money is back', () => {
  const { order } = play(sent(), delivered('s1'), lost('s2', 2));
  expect(order).toMatchObject({ status: 'DELIVERED', saga: 'RUNNING' });
  const { order: ended, types } = play(order, refunded(400));
  expect([ended.saga, types]).toEqual(['COMPLETED', []]);
});

test('when every parcel is lost the order is cancelled: money and coupon go back, goods do not', () => {
  const { order, events } = play(
    sent({ couponCode: 'TEN' }, [redeemed(), captured(900)]),
    lost('s1', 1),
    lost('s2', 2),
  );
  expect(cancelling(events)).toMatchObject({
    undo: ['COUPON', 'PAYMENT'],
    reason: 'every parcel is lost: it fell off',
  });
  expect(order.status).toBe('CANCELLING');
  expect(play(order, restored(), refunded(540, 540)).order.status).toBe('CANCELLING');
  expect(play(order, restored(), refunded(540, 540), refunded(360, 900)).order).toMatchObject({
    ...{ status: 'CANCELLED', saga: 'COMPENSATED', refundedMinor: 900 },
  });
});

test('parts of the money may be told of in any order', () => {
  const three = anOrder({
    lines: [1, 2, 3].map(lineNo => ({
      ...{ lineNo, productId: `p${lineNo}`, name: 'Café', quantity: 1, unitPriceMinor: 100 },
      ...{ status: 'ACTIVE', sellerId: null },
    })),
  });
  const way = [assigned(1, ['s1', 's2', 's3']), reserved(), captured(300), confirmed()];
  const { order } = play(
    three,
    ...way,
    handedOver('s1'),
    handedOver('s2'),
    handedOver('s3'),
    lost('s2', 2),
    lost('s3', 3),
  );
  const first = play(order, refunded(100, 200)).order;
  expect(stepOf(first, 'REFUND', 1)?.state).toBe('DONE');
  expect(decide(first, refunded(100, 100), 1).order).toBe(first);
  expect(stepOf(play(order, refunded(100, 100)).order, 'REFUND', 1)?.state).toBe('WAITING');
});

test('what is lost stays lost, what has arrived is not lost, and neither is told twice', () => {
  const { order } = play(sent(), lost('s2', 2));
  for (const fact of [lost('s2', 2), handedOver('s2'), delivered('s2')])
    expect(decide(order, fact, 1).order).toBe(order);
  const arrived = play(sent(), delivered('s2')).order;
  expect(decide(arrived, lost('s2', 2), 1).order).toBe(arrived);
});

test('a loss that is read before its hand-over counts as both', () => {
  const paid = play(anOrder(), assigned(), reserved(), captured(), confirmed()).order;
  const { order, types } = play(paid, lost('s2', 2), handedOver('s1'), handedOver('s2'), delivered('s1'));
  expect(types).toEqual(['OrderLinesDropped', 'OrderHandedOver', 'OrderDelivered']);
  expect(order.status).toBe('DELIVERED');
});
