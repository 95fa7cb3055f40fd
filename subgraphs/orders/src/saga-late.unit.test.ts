import { describe, expect, test } from '@jest/globals';
import { close, decide, requestCancel, timeOut } from './saga.ts';
import { awaited, deadlineOf, standsAt, stepOf, stuckSteps, type SagaOrder } from './saga-state.ts';
import { anOrder, cancelling, facts, play } from './testing/saga-facts.ts';

const { assigned, assignmentRejected, unavailable, reserved, rejected, captured, confirmed, handedOver } = facts;
const { delivered, deliveryCancelled, cancelRefused, released, refunded, expired, paymentFailed, compensationStuck } =
  facts;
const sold = [assigned(), reserved(), captured(), confirmed()];
const soldOrder = () => play(anOrder(), ...sold).order;

function silence(order: SagaOrder): SagaOrder {
  let now = order;
  for (let deadline = deadlineOf(now); deadline !== null; deadline = deadlineOf(now))
    now = timeOut(now, deadline).order;
  return now;
}

describe('routing decides alone whether an order is cancelled, however late it is heard', () => {
  test('a cancellation that was written off, and done all the same, is done', () => {
    const stuck = silence(requestCancel(soldOrder(), 'too dear', 1).order);
    const closed = close(stuck, 'CANCEL', { resolution: 'WRITTEN_OFF', note: 'no answer' }, 1).order;
    expect(closed).toMatchObject({ status: 'CONFIRMED', saga: 'RUNNING' });
    const { order, types, events } = play(closed, deliveryCancelled());
    expect(types).toEqual(['OrderCancelling']);
    expect(cancelling(events)).toMatchObject({ undo: ['STOCK', 'PAYMENT'], reason: 'asked' });
    expect(order).toMatchObject({ status: 'CANCELLING', cancelRefused: null });
    expect(play(order, released(), refunded()).order).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED' });
  });

  test('a cancellation of which nothing is known here is one', () => {
    const { order, types } = play(soldOrder(), deliveryCancelled(), deliveryCancelled());
    expect(types).toEqual(['OrderCancelling']);
    expect(order).toMatchObject({ status: 'CANCELLING', cancelReason: 'asked' });
  });

  test('while a step is still to answer a repeat changes nothing', () => {
    const asked = requestCancel(play(anOrder(), assigned()).order, 'too dear', 1).order;
    const { order } = play(asked, deliveryCancelled());
    expect(decide(order, deliveryCancelled(), 1).order).toBe(order);
    expect(decide(order, cancelRefused(), 1).order).toBe(order);
  });

  test('all of it is with its carriers: nothing is cancelled behind their backs', () => {
    const { order } = play(soldOrder(), handedOver('s1'), handedOver('s2'));
    expect(decide(order, deliveryCancelled(), 1).order).toBe(order);
  });

  test('a cancellation that was asked for as the last parcel left is refused then; the delivered order ends in order', () => {
    const asked = requestCancel(soldOrder(), 'too dear', 1).order;
    const { order, types, events } = play(asked, handedOver('s1'), handedOver('s2'));
    expect(types).toEqual(['OrderHandedOver', 'OrderCancelRefused']);
    expect(events[1]?.payload).toMatchObject({ reason: 'it was handed over', status: 'HANDED_OVER' });
    const end = play(order, delivered('s1'), delivered('s2'), cancelRefused());
    expect(end.types).toEqual(['OrderDelivered']);
    expect(end.order).toMatchObject({ status: 'DELIVERED', saga: 'COMPLETED' });
  });
});

describe('an answer to what is being undone counts, whichever attempt its owner has read of', () => {
  /** Inventory has told of attempt 3, of which nothing else was read. */
  const cancelled = () => play(anOrder(), assigned(), rejected(), assigned(2), reserved(3), paymentFailed()).order;

  test('inventory releases an older attempt than the one that is being undone', () => {
    let order = play(
      anOrder(),
      assigned(),
      reserved(),
      captured(),
      assignmentRejected(),
      assigned(2),
      reserved(3),
    ).order;
    order = play(order, unavailable(3)).order;
    expect(stepOf(order, 'STOCK', 3)?.state).toBe('UNDOING');
    expect(stepOf(play(order, released(2)).order, 'STOCK', 3)?.state).toBe('UNDONE');
  });

  /** Sold, and moved to another seller; inventory is away and reads nothing of that. */
  const moved = (attempt: number) =>
    silence(play(soldOrder(), assignmentRejected(attempt - 1), assigned(attempt, ['s3', 's2'])).order);

  test('but not what inventory gave back of an attempt before the one that was assigned last: the rest is still there', () => {
    const asked = requestCancel(moved(2), 'too slow', 1).order;
    const { order, events } = play(asked, deliveryCancelled(2));
    expect(cancelling(events)).toMatchObject({ attempt: 2, undo: ['STOCK', 'PAYMENT'] });
    // Inventory is back and works off the assignment before the cancellation.
    for (const older of [released(1), expired(1)]) expect(decide(order, older, 1).order).toBe(order);
    const stuck = silence(order);
    expect(stepOf(stuck, 'STOCK', 2)?.state).toBe('STUCK');
    expect(decide(stuck, released(1), 1).order).toBe(stuck);
    for (const answer of [released(2), expired(2)])
      expect(stepOf(play(order, answer).order, 'STOCK', 2)?.state).toBe('UNDONE');
  });

  test('asked again, inventory answers for the attempt of the step, which may be older than the one that was assigned last', () => {
    const unpaid = play(anOrder(), assigned(), reserved(), assignmentRejected(), assigned(2)).order;
    const order = silence(unpaid);
    expect(order.status).toBe('CANCELLING');
    expect(stepOf(order, 'STOCK', 1)?.state).toBe('STUCK');
    for (const answer of [released(1), expired(1), released(2)])
      expect(stepOf(play(order, answer).order, 'STOCK', 1)?.state).toBe('UNDONE');
  });

  test('of several steps of a name all are answered', () => {
    const again = silence(play(moved(2), assignmentRejected(2), assigned(3)).order);
    const asked = requestCancel(again, 'too slow', 1).order;
    const { order } = play(asked, deliveryCancelled(3), compensationStuck('STOCK'));
    expect(stuckSteps(order).map(({ name, attempt }) => `${name} ${attempt}`)).toEqual(['STOCK 2', 'STOCK 3']);
    const { order: end } = play(order, released(3), refunded());
    expect(end).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED' });
  });

  test('there was nothing to release, and inventory says so', () => {
    const { order } = play(soldOrder(), assignmentRejected(), unavailable(2));
    const answer = released();
    const { order: after } = play(order, { ...answer, data: { ...answer.data, lines: [] } } as typeof answer);
    expect(stepOf(after, 'STOCK', 1)?.state).toBe('UNDONE');
  });

  test('the reservation of an older attempt has expired: there is no other', () => {
    const order = silence(cancelled());
    expect(stepOf(order, 'STOCK', 3)?.state).toBe('STUCK');
    expect(stepOf(play(order, expired(2)).order, 'STOCK', 3)?.state).toBe('UNDONE');
  });

  test('what was sold does not expire', () => {
    const { order } = play(soldOrder(), assignmentRejected(), unavailable(2));
    expect(decide(order, expired(), 1).order).toBe(order);
  });
});

describe('money of which nobody knows whether it was taken', () => {
  const end = () => play(silence(play(anOrder(), assigned(), reserved()).order), deliveryCancelled(), released()).order;
  const stuck = () => play(end(), compensationStuck()).order;

  test('needs an operator though the order has ended', () => {
    expect(end()).toMatchObject({ status: 'CANCELLED', saga: 'COMPENSATED', paidMinor: 0 });
    expect(stuck()).toMatchObject({ status: 'CANCELLED', saga: 'NEEDS_OPERATOR' });
    expect(awaited(stuck())).toEqual(['PaymentRefunded']);
  });

  test('was not taken after all: nothing has to go back', () => {
    expect(play(stuck(), paymentFailed())).toMatchObject({ types: [], order: { saga: 'COMPENSATED' } });
  });

  test('was taken after all, and goes back: all of it, not a part', () => {
    const { order } = play(stuck(), captured(), refunded(400));
    expect(order).toMatchObject({ saga: 'NEEDS_OPERATOR', paidMinor: 1000 });
    expect(play(order, paymentFailed()).order.saga).toBe('NEEDS_OPERATOR');
    expect(play(order, refunded(600, 1000))).toMatchObject({ types: [], order: { saga: 'COMPENSATED' } });
  });
});

test('what operators see is what is waited for: also of an assignment that a later one was asked for after', () => {
  const order = silence(play(soldOrder(), assignmentRejected(), unavailable(2), released(), refunded()).order);
  expect(order).toMatchObject({ status: 'CANCELLING', saga: 'NEEDS_OPERATOR' });
  expect(stuckSteps(order)).toMatchObject([{ name: 'ASSIGNMENT', attempt: 1 }]);
  expect([standsAt(order), awaited(order)]).toEqual(['ASSIGNMENT', ['DeliveryCancelled']]);
});
