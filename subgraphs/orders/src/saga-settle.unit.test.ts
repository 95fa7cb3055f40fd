import { describe, expect, test } from '@jest/globals';
import { orderEvents } from '@waygraph/schema/events/orders';
import { close, requestCancel, resume, timeOut } from './saga.ts';
import type { Resolution } from './saga-settle.ts';
import { deadlineOf, stepOf, stuckSteps, type SagaOrder } from './saga-state.ts';
import type { StepName } from './saga-table.ts';
import { anOrder, cancelling, facts, play, statesOf } from './testing/saga-facts.ts';

const { assigned, assignmentRejected, unavailable, reserved, captured, confirmed, handedOver, lost } = facts;
const { deliveryCancelled, released, refunded, compensationStuck } = facts;
const sold = [assigned(), reserved(), captured(), confirmed()];
const byHand = { resolution: 'DONE_BY_HAND', note: 'by bank' } as const;
const writtenOff = { resolution: 'WRITTEN_OFF', note: 'nobody answers' } as const;

/** Nobody answers until every deadline has passed. */
function silence(order: SagaOrder): SagaOrder {
  let now = order;
  for (let deadline = deadlineOf(now); deadline !== null; deadline = deadlineOf(now))
    now = timeOut(now, deadline).order;
  return now;
}
/** Why it is refused; nothing happens. */
const isRefused = (order: SagaOrder, name: StepName, by: Resolution) => {
  const { order: after, events, refusal } = close(order, name, by, 1);
  expect(after).toBe(order);
  expect(events).toEqual([]);
  return refusal?.code;
};
/** All is to be given back, the money last. */
const givingBack = play(
  anOrder(),
  ...sold,
  assignmentRejected(),
  unavailable(2),
  deliveryCancelled(),
  released(),
).order;

describe('money that is to go back', () => {
  test('is settled by hand only once payments has given up on it: it would go back twice', () => {
    const silent = silence(givingBack);
    expect(silent.saga).toBe('NEEDS_OPERATOR');
    expect(isRefused(silent, 'PAYMENT', byHand)).toBe('IN_PROGRESS');
    expect(close(silent, 'PAYMENT', byHand, 1).refusal?.message).toContain('resumeSaga');
    const { order: given, types } = play(silent, compensationStuck());
    expect([types, given.saga]).toEqual([[], 'NEEDS_OPERATOR']);
    expect(close(given, 'PAYMENT', byHand, 1).order).toMatchObject({ saga: 'COMPENSATED', settledMinor: 1000 });
    const again = silence(resume(given, 'PAYMENT', 1).order);
    expect(isRefused(again, 'PAYMENT', writtenOff)).toBe('IN_PROGRESS');
  });

  test('of lines that were lost is settled by hand only once payments has given up on it', () => {
    const sent = play(anOrder(), ...sold, handedOver('s1'), handedOver('s2'), lost('s2', 2)).order;
    const silent = silence(sent);
    expect(isRefused(silent, 'REFUND', byHand)).toBe('IN_PROGRESS');
    const { events } = close(play(silent, compensationStuck('REFUND')).order, 'REFUND', byHand, 1);
    expect(events).toMatchObject([{ type: 'StepSettled', payload: { step: 'REFUND', amountMinor: 400 } }]);
  });

  test('and is settled by hand is told with its sum', () => {
    const { events } = close(play(givingBack, refunded(300), compensationStuck()).order, 'PAYMENT', byHand, 1);
    orderEvents.find(({ type }) => type === 'StepSettled')!.parse(events[0]?.payload);
    expect(events).toMatchObject([
      { payload: { step: 'PAYMENT', resolution: 'DONE_BY_HAND', amountMinor: 700, status: 'CANCELLING' } },
      { type: 'OrderCancelled' },
    ]);
  });

  test('and goes back once more after it was settled by hand is told, once, though the order has ended', () => {
    const { order } = close(play(givingBack, compensationStuck()).order, 'PAYMENT', byHand, 1);
    const twice = play(order, refunded(400, 400), refunded(600, 1000), refunded(600, 1000));
    expect(twice.types).toEqual(['SagaStuck']);
    expect(twice.events[0]?.payload).toMatchObject({
      ...{ step: 'PAYMENT', status: 'CANCELLED' },
      reason: 'of 1000 that were paid 400 went back, and 1000 were settled by hand',
    });
    expect(twice.order).toMatchObject({ refundedMinor: 1000, settledMinor: 1000 });
  });
});

describe('a step of a running order', () => {
  /** Paid and moved to another seller, and the answer of one owner does not come. */
  const moved = play(anOrder(), ...sold, assignmentRejected(1, 's2'), assigned(2, ['s1', 's3'])).order;

  test('that is written off has failed: nothing is confirmed that was never sold', () => {
    const silent = silence(play(moved, reserved(2)).order);
    expect(stuckSteps(silent).map(({ name }) => name)).toEqual(['CONFIRMATION']);
    const { order, events } = close(silent, 'CONFIRMATION', writtenOff, 1);
    expect(events.map(({ type }) => type)).toEqual(['StepSettled']);
    expect(order).toMatchObject({ status: 'PAID', saga: 'RUNNING', attempt: 3 });
    expect(stepOf(order, 'CONFIRMATION', 2)).toMatchObject({
      ...{ state: 'FAILED', detail: 'WRITTEN_OFF: nobody answers' },
    });
    expect(play(order, assigned(3, ['s1', 's1']), reserved(3), confirmed(3)).order.status).toBe('CONFIRMED');
  });

  test('whose goods are written off looks for others, and what was sold all the same comes back in the end', () => {
    const { order } = close(silence(moved), 'STOCK', writtenOff, 1);
    expect(order).toMatchObject({ status: 'PAID', attempt: 3 });
    expect(cancelling(play(order, unavailable(3)).events)).toMatchObject({ undo: ['DELIVERY', 'STOCK', 'PAYMENT'] });
  });

  test('that was done by hand is done', () => {
    const { order } = close(silence(play(moved, reserved(2)).order), 'CONFIRMATION', byHand, 1);
    expect(order).toMatchObject({ status: 'CONFIRMED', saga: 'RUNNING' });
  });

  test('is not assigned by hand: nobody but routing knows who sends it', () => {
    const silent = silence(play(anOrder(), ...sold, assignmentRejected(1, 's2')).order);
    expect(isRefused(silent, 'ASSIGNMENT', byHand)).toBe('INVALID_INPUT');
    expect(isRefused(silent, 'ASSIGNMENT', writtenOff)).toBe('INVALID_INPUT');
    const asked = requestCancel(silent, 'too slow', 1).order;
    expect(play(asked, deliveryCancelled(2)).order.status).toBe('CANCELLING');
  });

  test('is not cancelled by hand: nobody but routing knows whether a carrier has a parcel of it', () => {
    const asked = silence(requestCancel(play(anOrder(), ...sold).order, 'too dear', 1).order);
    expect(isRefused(asked, 'CANCEL', byHand)).toBe('INVALID_INPUT');
    const closed = close(play(asked, handedOver('s1')).order, 'CANCEL', writtenOff, 1);
    expect(closed.events.map(({ type }) => type)).toEqual(['StepSettled', 'OrderCancelRefused']);
    expect(statesOf(closed.order)).toContain('CANCEL 1 FAILED');
  });
});
