import { describe, expect, test } from '@jest/globals';
import { orderEvents } from '@waygraph/schema/events/orders';
import { deadlineOf, type SagaOrder } from './saga-state.ts';
import { close, decide, requestCancel, timeOut } from './saga.ts';
import { anOrder, cancelling, facts, play, statesOf } from './testing/saga-facts.ts';

const { assigned, assignmentRejected, reserved, redeemed, captured, confirmed, handedOver, paymentFailed } = facts;
const { deliveryCancelled, released, restored } = facts;

/** Nobody answers any more: every deadline passes, until there is none. */
function silence(order: SagaOrder) {
  const events: { type: string; payload: unknown }[] = [];
  let now = order;
  for (let deadline = deadlineOf(now); deadline !== null; deadline = deadlineOf(now)) {
    const decision = timeOut(now, deadline);
    expect(decision.order).not.toBe(now);
    now = decision.order;
    events.push(...decision.events);
  }
  for (const { type, payload } of events) orderEvents.find(event => event.type === type)!.parse(payload);
  return { order: now, events, types: events.map(({ type }) => type) };
}
const retries = ['StepRetryRequested', 'StepRetryRequested', 'StepRetryRequested'];

describe('an answer that does not come', () => {
  test('is not missed before its deadline', () => {
    const order = anOrder();
    expect(timeOut(order, 29_999)).toEqual({ order, events: [] });
  });

  test('is asked for three times, each with a deadline of its own', () => {
    const first = timeOut(anOrder(), 30_000);
    expect(first.events).toMatchObject([{ payload: { step: 'ASSIGNMENT', attempt: 1, round: 1, status: 'PENDING' } }]);
    expect(deadlineOf(first.order)).toBe(60_000);
    expect(timeOut(first.order, 60_000).events).toMatchObject([{ payload: { round: 2 } }]);
    expect(play(first.order, assigned()).order.status).toBe('ROUTED');
  });

  test('cancels the order, so that its owner keeps a tombstone though nothing is known to undo', () => {
    const { order, types, events } = silence(anOrder());
    expect(types).toEqual([...retries, 'OrderCancelling', 'OrderCancelled']);
    expect(cancelling(events as never)).toMatchObject({ undo: [], reason: 'no answer' });
    expect(decide(order, assigned(), 1).order).toBe(order);
  });

  test.each<[string, SagaOrder, ReturnType<typeof assigned>[], string[]]>([
    ['stock', anOrder(), [assigned()], ['DELIVERY']],
    ['the coupon', anOrder({ couponCode: 'TEN' }), [assigned(), reserved()], ['DELIVERY', 'STOCK']],
    [
      'the money',
      anOrder({ couponCode: 'TEN' }),
      [assigned(), reserved(), redeemed()],
      ['DELIVERY', 'STOCK', 'COUPON'],
    ],
    ['what is sold', anOrder(), [assigned(), reserved(), captured()], ['DELIVERY', 'STOCK', 'PAYMENT']],
    [
      'stock of another seller, paid already: it may be sold',
      anOrder(),
      [assigned(), reserved(), captured(), facts.notConfirmed(), assigned(2)],
      ['DELIVERY', 'STOCK', 'PAYMENT'],
    ],
  ])('about %s: what was done is undone', (_, given, way, undo) => {
    const { order, events } = silence(play(given, ...way).order);
    expect(cancelling(events as never)).toMatchObject({ undo, reason: 'no answer' });
    // Those are silent, too.
    expect(order).toMatchObject({ status: 'CANCELLING', saga: 'NEEDS_OPERATOR' });
  });

  test('of two steps fails only the one that is silent', () => {
    const { order } = play(anOrder({ couponCode: 'TEN' }), assigned());
    const asked = timeOut(order, 31_000);
    expect(asked.events).toMatchObject([{ payload: { step: 'STOCK' } }, { payload: { step: 'COUPON' } }]);
    const { types } = play(asked.order, redeemed(), reserved());
    expect(types).toEqual(['OrderReadyForPayment']);
  });

  test('comes too late: of the success of a step that was given up only the sum is kept', () => {
    const { order } = silence(play(anOrder(), assigned(), reserved()).order);
    expect(decide(order, captured(), 1)).toEqual({ order: { ...order, paidMinor: 1000 }, events: [] });
  });
});

describe('silence that is no failure', () => {
  test('of an owner that is to undo: an operator is needed, and told of each step once', () => {
    const { order, types } = silence(play(anOrder(), assigned(), reserved(), paymentFailed()).order);
    expect(types).toEqual([...retries.flatMap(type => [type, type]), 'SagaStuck', 'SagaStuck']);
    expect(statesOf(order).filter(state => state.endsWith('STUCK'))).toEqual(['ASSIGNMENT 1 STUCK', 'STOCK 1 STUCK']);
    expect(play(order, deliveryCancelled()).order.saga).toBe('NEEDS_OPERATOR');
    expect(play(order, deliveryCancelled(), released()).order).toMatchObject({
      status: 'CANCELLED',
      saga: 'COMPENSATED',
    });
  });

  test('about an order that may be on its way: nothing is cancelled behind the back of a parcel', () => {
    const sent = play(anOrder(), assigned(), reserved(), captured(), confirmed(), handedOver('s1')).order;
    const { order, types } = silence(play(sent, assignmentRejected(1, 's2')).order);
    expect(types).toEqual([...retries, 'SagaStuck']);
    expect(order).toMatchObject({ status: 'PAID', saga: 'NEEDS_OPERATOR' });
    const late = play(order, assigned(2, ['s1', 's3']), reserved(2), facts.confirmed(2));
    expect(late.order).toMatchObject({ status: 'CONFIRMED', saga: 'RUNNING' });
  });

  test('of people has no deadline', () => {
    const { order } = play(anOrder(), assigned(), reserved(), captured(), confirmed());
    expect(deadlineOf(order)).toBeNull();
  });

  test('about a cancellation: an operator lets the order go on; whether it is too late routing alone decides', () => {
    const sold = play(anOrder(), assigned(), reserved(), captured(), confirmed()).order;
    const { order, types } = silence(requestCancel(sold, 'too dear', 5_000).order);
    expect(types).toEqual([...retries, 'SagaStuck']);
    expect(order).toMatchObject({ status: 'CONFIRMED', saga: 'NEEDS_OPERATOR' });
    const closed = close(order, 'CANCEL', { resolution: 'WRITTEN_OFF', note: 'called them' }, 1);
    expect(closed.order).toMatchObject({ status: 'CONFIRMED', cancelRefused: 'it could not be cancelled' });
    expect(closed.events.map(({ type }) => type)).toEqual(['StepSettled', 'OrderCancelRefused']);
  });

  test('a coupon that is not restored is settled like the rest', () => {
    const order = play(anOrder({ couponCode: 'TEN' }), assigned(), reserved(), redeemed(), paymentFailed()).order;
    const stuck = silence(play(order, deliveryCancelled(), released()).order).order;
    expect(close(stuck, 'COUPON', { resolution: 'WRITTEN_OFF', note: 'x' }, 1).order.status).toBe('CANCELLED');
    expect(play(stuck, restored()).order.status).toBe('CANCELLED');
  });
});
