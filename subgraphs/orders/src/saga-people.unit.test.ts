import { describe, expect, test } from '@jest/globals';
import { orderEvents } from '@waygraph/schema/events/orders';
import { mayCancel, stepOf, type SagaOrder } from './saga-state.ts';
import type { Fact, Undo } from './saga-table.ts';
import { close, decide, requestCancel, resume, timeOut } from './saga.ts';
import { anOrder, cancelling, facts, play, statesOf } from './testing/saga-facts.ts';

const { assigned, reserved, rejected, redeemed, captured, confirmed, handedOver, paymentFailed, unavailable } = facts;
const { deliveryCancelled, released, restored, refunded, cancelRefused, compensationStuck, lost } = facts;

const cancelled = (order: SagaOrder) => requestCancel(order, 'I changed my mind', 500);
const way = [assigned(), redeemed(), reserved(), captured(900), confirmed()];
const withCoupon = () => anOrder({ couponCode: 'TEN' });

describe('a cancellation that is asked for', () => {
  test('is told once, changes no status, and a repeat gives the very same order', () => {
    const { order, events } = cancelled(play(withCoupon(), ...way).order);
    expect(order).toMatchObject({ status: 'CONFIRMED', saga: 'RUNNING' });
    expect(events).toMatchObject([
      { type: 'OrderCancelRequested', payload: { reason: 'I changed my mind', status: 'CONFIRMED', version: 4 } },
    ]);
    expect(cancelled(order)).toEqual({ order, events: [] });
  });

  test.each<[string, Fact[], Fact[], Undo[]]>([
    ['nothing', [], [], []],
    ['an assignment', way.slice(0, 1), way.slice(1, 3), ['STOCK', 'COUPON']],
    ['the coupon', way.slice(0, 2), way.slice(2, 3), ['STOCK', 'COUPON']],
    ['the reservation', way.slice(0, 3), way.slice(3, 4), ['STOCK', 'COUPON', 'PAYMENT']],
    ['the payment', way.slice(0, 4), way.slice(4, 5), ['STOCK', 'COUPON', 'PAYMENT']],
    ['the confirmation', way, [], ['STOCK', 'COUPON', 'PAYMENT']],
  ])('behind %s: routing agrees, what is open answers first, what was done is undone', (_, done, open, undo) => {
    const { order } = cancelled(play(withCoupon(), ...done).order);
    const { order: undoing, events, types } = play(order, deliveryCancelled(), ...open);
    expect(types).toEqual(undo.length === 0 ? ['OrderCancelling', 'OrderCancelled'] : ['OrderCancelling']);
    expect(cancelling(events)).toMatchObject({ undo, reason: 'I changed my mind' });
    const answers = { DELIVERY: deliveryCancelled(), STOCK: released(), COUPON: restored(), PAYMENT: refunded(900) };
    const { order: end } = play(undoing, ...undo.map(step => answers[step]));
    expect(end).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED', cancelReason: 'I changed my mind' });
    expect(statesOf(end).filter(state => /WAITING|UNDOING|STUCK/.test(state))).toEqual([]);
  });

  test('asks for nothing new while open steps answer: a refused reservation is not asked for elsewhere', () => {
    const { order } = cancelled(play(anOrder(), assigned()).order);
    const { order: end, types } = play(order, deliveryCancelled(), rejected());
    expect(types).toEqual(['OrderCancelling', 'OrderCancelled']);
    expect(statesOf(end)).toEqual(['ASSIGNMENT 1 UNDONE', 'STOCK 1 FAILED', 'CANCEL 1 DONE']);
  });

  test('while another seller is looked for: routing answers both at once', () => {
    const { order } = cancelled(play(anOrder(), assigned(), rejected()).order);
    expect(play(order, deliveryCancelled(2)).types).toEqual(['OrderCancelling', 'OrderCancelled']);
  });

  test('is refused by routing: told, kept, and the order goes on', () => {
    const { order, types, events } = play(cancelled(play(withCoupon(), ...way).order).order, cancelRefused());
    expect(types).toEqual(['OrderCancelRefused']);
    expect(events[0]?.payload).toMatchObject({ reason: 'it was handed over', status: 'CONFIRMED' });
    expect(order).toMatchObject({ cancelRefused: 'it was handed over', saga: 'RUNNING' });
    expect(mayCancel(order)).toBe(false);
    expect(cancelled(order).events).toEqual([]);
    expect(play(order, handedOver('s1'), handedOver('s2')).order.status).toBe('HANDED_OVER');
  });

  test('comes too late once a parcel was handed over', () => {
    const { order } = play(anOrder(), assigned(), reserved(), captured(), confirmed(), handedOver('s1'));
    expect(mayCancel(order)).toBe(false);
    expect(cancelled(order).events).toEqual([]);
  });

  test('is overtaken by a failure: the order is cancelled once, for the failure, and the late answers change nothing', () => {
    const { order } = cancelled(play(anOrder(), assigned(), reserved()).order);
    const failed = play(order, paymentFailed());
    expect(failed.types).toEqual(['OrderCancelling']);
    expect(failed.order.cancelReason).toBe('the wallet is too low');
    const { order: end, types } = play(
      failed.order,
      cancelRefused(),
      released(),
      deliveryCancelled(),
      deliveryCancelled(),
    );
    expect([types, end.status, end.cancelRefused]).toEqual([['OrderCancelled'], 'CANCELLED', null]);
    const gone = play(cancelled(anOrder()).order, unavailable());
    expect(gone.types).toEqual(['OrderCancelled']);
    expect(decide(gone.order, cancelRefused(), 1).order).toBe(gone.order);
  });
});

describe('a step that is stuck', () => {
  const undoing = () => play(withCoupon(), ...way.slice(0, 3), paymentFailed()).order;
  const refund = () => {
    const order = play(withCoupon(), ...way, facts.assignmentRejected(), unavailable(2)).order;
    return play(order, deliveryCancelled(), released(), restored(), compensationStuck());
  };

  test('needs an operator, is told, and is not forgotten: no end before it is settled', () => {
    const { order, types, events } = refund();
    expect(types).toEqual(['SagaStuck']);
    orderEvents.find(({ type }) => type === 'SagaStuck')!.parse(events[0]?.payload);
    expect(events[0]?.payload).toMatchObject({ step: 'PAYMENT', reason: 'the card is closed', status: 'CANCELLING' });
    expect(order).toMatchObject({ status: 'CANCELLING', saga: 'NEEDS_OPERATOR' });
    expect(decide(order, compensationStuck(), 1).order).toBe(order);
  });

  test('tried again is asked for in round 1; its owner may answer then', () => {
    const { order, events } = resume(refund().order, 'PAYMENT', 700);
    expect(events).toMatchObject([{ type: 'StepRetryRequested', payload: { step: 'PAYMENT', round: 1 } }]);
    expect(order).toMatchObject({ status: 'CANCELLING', saga: 'COMPENSATING' });
    expect(stepOf(order, 'PAYMENT', 1)).toMatchObject({ state: 'UNDOING', deadlineMs: 30_700 });
    expect(play(order, refunded(900)).order).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED' });
    expect(play(order, compensationStuck()).types).toEqual(['SagaStuck']);
  });

  test('is answered after all, without an operator', () => {
    expect(play(refund().order, refunded(900)).order).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED' });
  });

  test('settled by hand lets the saga end, and says how', () => {
    const { order, events } = close(refund().order, 'PAYMENT', { resolution: 'DONE_BY_HAND', note: 'by bank' }, 700);
    expect(events.map(({ type }) => type)).toEqual(['StepSettled', 'OrderCancelled']);
    expect(order).toMatchObject({ saga: 'COMPENSATED', settledMinor: 900, refundedMinor: 0 });
    expect(stepOf(order, 'PAYMENT', 1)).toMatchObject({ state: 'UNDONE', detail: 'DONE_BY_HAND: by bank' });
  });

  test('a refund of lost lines that is stuck does not hold the order up, only the end of its saga', () => {
    const sent = play(withCoupon(), ...way, handedOver('s1'), handedOver('s2'), lost('s2', 2), compensationStuck());
    expect(sent.order).toMatchObject({ status: 'HANDED_OVER', saga: 'NEEDS_OPERATOR' });
    const { order } = play(sent.order, facts.delivered('s1'));
    expect(order).toMatchObject({ status: 'DELIVERED', saga: 'NEEDS_OPERATOR' });
    const again = resume(order, 'REFUND', 700);
    expect(again.order.saga).toBe('RUNNING');
    expect(again.events).toMatchObject([{ type: 'StepRetryRequested', payload: { step: 'REFUND' } }]);
    expect(close(order, 'REFUND', { resolution: 'WRITTEN_OFF', note: 'agreed' }, 700).order).toMatchObject({
      ...{ saga: 'COMPLETED', settledMinor: 360 },
    });
  });

  test('a part that cannot go back before the whole has to: the whole is stuck', () => {
    const sent = play(withCoupon(), ...way, handedOver('s1'), handedOver('s2'), lost('s2', 2), lost('s1', 1)).order;
    expect(sent.status).toBe('CANCELLING');
    const { order } = play(sent, restored(), compensationStuck('REFUND'));
    expect(order.saga).toBe('NEEDS_OPERATOR');
    expect(stepOf(order, 'PAYMENT', 1)?.state).toBe('STUCK');
  });

  test('what is not stuck can be neither tried again nor settled', () => {
    const order = undoing();
    const refused = { order, events: [], refusal: { code: 'STALE_STATE' } };
    expect(resume(order, 'STOCK', 1)).toMatchObject(refused);
    expect(close(order, 'STOCK', { resolution: 'WRITTEN_OFF', note: 'x' }, 1)).toMatchObject(refused);
  });
});

/** Each kind of fact once. */
const everyFact = (): Fact[] =>
  Object.entries(facts).map(([name, fact]) =>
    name === 'handedOver' || name === 'delivered' || name === 'lost'
      ? (fact as (sellerId: string) => Fact)('s9')
      : (fact as () => Fact)(),
  );

test('what has ended hears of nothing any more', () => {
  const sent = [handedOver('s1'), handedOver('s2'), facts.delivered('s1'), facts.delivered('s2')];
  const ends = [
    play(anOrder(), unavailable()).order,
    play(cancelled(anOrder()).order, deliveryCancelled()).order,
    play(withCoupon(), ...way, ...sent).order,
  ];
  for (const order of ends) {
    expect(order.status).toMatch(/CANCELLED|DELIVERED/);
    for (const fact of everyFact().filter(({ type }) => type !== 'PaymentCaptured' && type !== 'PaymentRefunded'))
      expect([fact.type, decide(order, fact, 1).order]).toEqual([fact.type, order]);
    // What was taken and given back is counted whenever it is told.
    const { refundedMinor } = decide(order, refunded(order.paidMinor), 1).order;
    expect(decide(order, refunded(order.paidMinor), 1)).toEqual({ order: { ...order, refundedMinor }, events: [] });
    expect(refundedMinor).toBe(order.paidMinor);
  }
});

test('money that was captured after its step was given up, and cannot go back, needs an operator though the order has ended', () => {
  let { order } = play(anOrder(), assigned(), reserved());
  for (let round = 1; round <= 4; round += 1) ({ order } = timeOut(order, round * 1_000_000));
  const end = play(order, deliveryCancelled(), released()).order;
  expect(end).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED' });
  const late = play(end, captured());
  expect([late.types, late.order]).toEqual([[], { ...end, paidMinor: 1000 }]);
  expect(play(late.order, refunded())).toMatchObject({
    types: [],
    order: { saga: 'COMPENSATED', refundedMinor: 1000 },
  });
  const stuck = play(late.order, compensationStuck());
  expect(stuck).toMatchObject({ types: ['SagaStuck'], order: { status: 'CANCELLED', saga: 'NEEDS_OPERATOR' } });
  const again = resume(stuck.order, 'PAYMENT', 1).order;
  expect(again.saga).toBe('COMPENSATING');
  expect(play(again, refunded()).order).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED' });
  const closed = close(stuck.order, 'PAYMENT', { resolution: 'WRITTEN_OFF', note: 'x' }, 1);
  expect(closed.order).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED', settledMinor: 1000 });
});
