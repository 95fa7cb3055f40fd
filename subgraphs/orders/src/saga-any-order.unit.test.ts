import { expect, test } from '@jest/globals';
import { orderEvents } from '@waygraph/schema/events/orders';
import { deadlineOf, openSteps, sagaOf, stuckSteps, type SagaOrder, type Step } from './saga-state.ts';
import { stepNames, type Fact } from './saga-table.ts';
import { close, decide, requestCancel, resume, timeOut, type Decision } from './saga.ts';
import { anOrder, facts } from './testing/saga-facts.ts';

/** Numbers below 1 that a seed gives (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sellers = ['s1', 's2', 's3'] as const;

/** Anything that could be told or asked of an order, whether or not it makes sense now. */
function anything(order: SagaOrder, next: () => number, nowMs: number): Decision<SagaOrder> {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!;
  const attempt = Math.max(1, order.attempt + pick([-1, 0, 0, 0, 1]));
  const [seller, lineNo] = [pick(sellers), pick([1, 2])];
  const fact = (): Fact =>
    pick([
      () =>
        facts.assigned(
          attempt,
          pick([
            ['s1', 's2'],
            ['s3', 's3'],
            ['s1', null],
            [null, 's2'],
          ]),
        ),
      () => facts.reserved(attempt),
      () => facts.confirmed(attempt),
      () => facts.captured(order.couponCode === null ? 1000 : 900),
      () => facts.redeemed(),
      () => facts.handedOver(seller),
      () => facts.delivered(seller),
      () => facts.lost(seller, lineNo),
      () => facts.unavailable(attempt),
      () => facts.rejected(attempt),
      () => facts.notConfirmed(attempt),
      () => facts.assignmentRejected(attempt, seller),
      () => facts.expired(attempt),
      () => facts.couponRejected(),
      () => facts.paymentFailed(),
      () => facts.deliveryCancelled(attempt),
      () => facts.cancelRefused(attempt),
      () => facts.released(attempt, lineNo),
      () => facts.restored(),
      () => facts.refunded(400, pick([400, 900, 1000])),
      () => facts.compensationStuck(pick(['PAYMENT', 'COUPON'])),
    ])();
  const kind = next();
  if (kind < 0.86) return decide(order, fact(), nowMs);
  if (kind < 0.94) return timeOut(order, deadlineOf(order) ?? nowMs);
  if (kind < 0.96) return requestCancel(order, 'asked', nowMs);
  const step = pick(stepNames);
  return kind < 0.98
    ? resume(order, step, nowMs)
    : close(order, step, { resolution: pick(['DONE_BY_HAND', 'WRITTEN_OFF']), note: 'x' }, nowMs);
}

const hasEnded = ({ status }: SagaOrder): boolean => status === 'CANCELLED' || status === 'DELIVERED';

/** What is wrong with a decision; undefined: nothing. */
function faultOf(before: SagaOrder, { order, events }: Decision<SagaOrder>): string | undefined {
  if (order === before) return events.length === 0 ? undefined : 'told of nothing';
  for (const { type, payload } of events) orderEvents.find(event => event.type === type)!.parse(payload);
  const isGapFree = events.every(({ seq }, index) => seq === before.version + index + 1);
  if (!isGapFree || order.version !== before.version + events.length) return 'told with a gap';
  if (order.saga !== sagaOf(order)) return 'the saga is not what its steps say';
  if (order.attempt < before.attempt || order.paidMinor < before.paidMinor || order.discountMinor < 0)
    return 'something went back that may not';
  if (hasEnded(before) && order.status !== before.status) return 'an end was left';
  // Nobody and nothing could bring it on.
  const isAwaited = openSteps(order).length > 0 || stuckSteps(order).length > 0;
  return hasEnded(order) || isAwaited ? undefined : 'it hangs';
}

/** By hand; where an operator may not, who alone can say it does so at last. */
function helped(order: SagaOrder, { name, attempt }: Step): SagaOrder {
  for (const resolution of ['DONE_BY_HAND', 'WRITTEN_OFF'] as const) {
    const closed = close(order, name, { resolution, note: 'x' }, 1).order;
    if (closed !== order) return closed;
  }
  return decide(order, name === 'ASSIGNMENT' ? facts.assigned(attempt) : facts.compensationStuck(), 1).order;
}

/** Nobody answers, and an operator settles what is stuck: what is left then waits for people, or has ended. */
function settle(given: SagaOrder): SagaOrder {
  let order = given;
  for (let turn = 0; turn < 200; turn += 1) {
    const deadline = deadlineOf(order);
    const [stuck] = stuckSteps(order);
    if (deadline !== null) ({ order } = timeOut(order, deadline));
    else if (stuck) order = helped(order, stuck);
    else return order;
  }
  throw new Error(`it never comes to rest: ${JSON.stringify(order)}`);
}

test('whatever comes in whatever order: every decision is sound, and every order ends or waits for people', () => {
  const ends = new Set<string>();
  for (let seed = 1; seed <= 1_000; seed += 1) {
    const next = random(seed);
    let order = anOrder({ couponCode: next() < 0.5 ? 'TEN' : null });
    for (let turn = 1; turn <= 60; turn += 1) {
      const decision = anything(order, next, turn * 1_000);
      const fault = faultOf(order, decision);
      if (fault !== undefined)
        throw new Error(`seed ${seed} turn ${turn}: ${fault}: ${JSON.stringify([order, decision.order])}`);
      order = decision.order;
    }
    const atRest = settle(order);
    const isInOrder =
      atRest.status === 'CANCELLED'
        ? atRest.saga === 'COMPENSATED'
        : atRest.status === 'DELIVERED' ||
          openSteps(atRest).some(({ name }) => name === 'HANDOVER' || name === 'DELIVERY');
    if (!isInOrder || atRest.status === 'CANCELLING')
      throw new Error(`seed ${seed} turn at rest: ${JSON.stringify([order, atRest])}`);
    ends.add(atRest.status);
  }
  expect([...ends].toSorted()).toEqual(expect.arrayContaining(['CANCELLED', 'DELIVERED']));
});
