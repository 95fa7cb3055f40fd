import { describe, expect, test } from '@jest/globals';
import { loseParcel, rejectParcel } from './parting.ts';
import { gainMinutes, type Cause } from './reassignment.ts';
import { someRoute } from './testing/some-route.ts';

const stock = (attempt: number, ...lineNos: number[]): Cause => ({
  ...{ kind: 'STOCK_REJECTED', attempt, lineNos, reason: 'out of stock' },
});
const unconfirmed = (attempt: number): Cause => ({ kind: 'CONFIRMATION_FAILED', attempt, reason: 'it was gone' });
const moved = (sellerId: string): Cause => ({ kind: 'MOVED', sellerId, reason: 'too late' });
const rejected: Cause = { kind: 'REJECTED', reason: 'broken' };

type Order = ReturnType<typeof someRoute>;
function leave(order: Order, sellerId: string, how: typeof rejectParcel): void {
  const parting = how(order.route, order.parcel(sellerId), { reason: 'broken', now: order.now });
  if (parting.kind !== 'done') throw new Error(parting.kind);
  order.apply(parting.change);
}

describe('stock is gone', () => {
  test('the next candidate gets the lines; who lost all is out of the question for them', () => {
    const order = someRoute([1, 2]);
    order.assign({ a: [1, 2], b: [1, 2] });
    order.reassign(stock(1, 1), { a: [1, 2], b: [1, 2] });
    expect(order.assignment()).toEqual({ attempt: 2, parcels: { b: [1, 2] }, dropped: [] });
    expect(order.route.excluded).toEqual({ 1: ['a'] });
    expect(order.reassign(stock(1, 2), { b: [1, 2] })).toBeUndefined();
  });

  test('after three refusals nobody is asked any more: the order is closed, and every parcel with it', () => {
    const order = someRoute([1, 2], { allowPartial: true });
    const shelves = { a: [1], b: [2], c: [1], d: [1], e: [1] };
    order.assign(shelves);
    order.reassign(stock(1, 1), shelves);
    order.reassign(unconfirmed(2), shelves);
    expect(order.route).toMatchObject({ attempt: 3, stockRefusals: 2 });
    order.reassign(stock(3, 1), shelves);
    expect(order.assignment()).toEqual({ attempt: 4, unserved: [1] });
    expect(order.statuses()).toEqual({ a: 'REASSIGNED', b: 'CANCELLED', c: 'CANCELLED' });
    expect(order.reassign(stock(4, 1), shelves)).toBeUndefined();
    expect(order.confirm()).toBeUndefined();
    expect(order.route).toMatchObject({ state: 'UNAVAILABLE', unservedLineNos: [1], endReason: 'out of stock' });
  });

  test('when the money came too late the same sellers may try once more', () => {
    const order = someRoute([1]);
    order.assign({ a: [1], b: [1] });
    order.reassign(unconfirmed(1), { a: [1], b: [1] });
    expect(order.assignment()).toEqual({ attempt: 2, parcels: { a: [1] }, dropped: [] });
    // Nobody is seen to have it, but that may be of some time ago.
    order.reassign(unconfirmed(2), {});
    expect(order.assignment()).toEqual({ attempt: 3, parcels: { a: [1] }, dropped: [] });
    order.reassign(unconfirmed(3), { a: [1], b: [1] });
    expect(order.assignment()).toEqual({ attempt: 4, unserved: [1] });
  });

  test('a line nobody has is dropped where the customer allows it', () => {
    const order = someRoute([1, 2], { allowPartial: true });
    order.assign({ a: [1], b: [2] });
    order.reassign(stock(1, 1), { a: [1], b: [2] });
    expect(order.assignment()).toEqual({ attempt: 2, parcels: { b: [2] }, dropped: [1] });
    order.reassign(stock(2, 2), { a: [1], b: [2] });
    expect(order.assignment()).toEqual({ attempt: 3, unserved: [2] });
  });
});

describe('a seller rejects its parcel', () => {
  test('it goes to others, and never back to that seller; parcels that are prepared stay as they are', () => {
    const order = someRoute([1, 2]);
    const shelves = { a: [1], b: [2], c: [1, 2] };
    order.assign(shelves);
    order.confirm();
    const other = order.parcel('b');
    leave(order, 'a', rejectParcel);
    expect(order.told.at(-1)).toMatchObject({
      ...{ type: 'AssignmentRejected', seq: order.route.version },
      payload: { attempt: 1, sellerId: 'a', lineNos: [1], reason: 'broken' },
    });
    order.reassign(rejected, shelves);
    expect(order.assignment()).toEqual({ attempt: 2, parcels: { c: [1], b: [2] }, dropped: [] });
    expect(order.statuses()).toEqual({ a: 'REASSIGNED', b: 'STARTED', c: 'ASSIGNED' });
    expect(order.parcel('b')).toEqual({ ...other, attempt: 2, version: other.version + 1 });
    expect(order.reassign(rejected, shelves)).toBeUndefined();

    // The confirmation of the attempt before comes late.
    expect(order.confirm(1)).toBeUndefined();
    const started = order.confirm(2);
    expect(started?.events).toMatchObject([{ type: 'DeliveryStarted', payload: { sellerId: 'c' } }]);
    order.reassign(moved('c'), { a: [1, 2], d: [1] });
    expect(order.assignment()).toMatchObject({ parcels: { d: [1], b: [2] } });
  });

  test('two at once are answered by one assignment', () => {
    const order = someRoute([1, 2, 3]);
    order.assign({ a: [1], b: [2], c: [3] });
    leave(order, 'a', rejectParcel);
    leave(order, 'b', rejectParcel);
    order.reassign(rejected, { d: [1, 2] });
    expect(order.assignment()).toEqual({ attempt: 2, parcels: { d: [1, 2], c: [3] }, dropped: [] });
    expect(order.reassign(rejected, { d: [1, 2] })).toBeUndefined();
  });

  test('whatever comes first covers its lines as well', () => {
    const order = someRoute([1, 2]);
    order.assign({ a: [1], b: [2] });
    leave(order, 'a', rejectParcel);
    order.reassign(stock(1, 2), { c: [1, 2] });
    expect(order.assignment()).toEqual({ attempt: 2, parcels: { c: [1, 2] }, dropped: [] });
    expect(order.reassign(rejected, { d: [1] })).toBeUndefined();
  });

  test('nobody else: the order is closed while nothing is on its way, else it goes on without those lines', () => {
    const order = someRoute([1, 2]);
    order.assign({ a: [1], b: [2] });
    order.confirm();
    leave(order, 'a', rejectParcel);
    order.reassign(rejected, {});
    expect(order.assignment()).toEqual({ attempt: 2, unserved: [1] });
    expect(order.statuses()).toEqual({ a: 'REASSIGNED', b: 'CANCELLED' });

    const going = someRoute([1, 2]);
    going.assign({ a: [1], b: [2] });
    going.confirm();
    going.handOver('b');
    const sent = going.parcel('b');
    leave(going, 'a', rejectParcel);
    going.reassign(rejected, { b: [1, 2] });
    expect(going.assignment()).toEqual({ attempt: 2, parcels: { b: [2] }, dropped: [1] });
    expect(going.parcel('b')).toEqual({ ...sent, attempt: 2, version: sent.version + 1 });
  });
});

describe('lines for somebody who serves the order already', () => {
  test('join the parcel until it is handed over, which waits for its confirmation then', () => {
    const order = someRoute([1, 2]);
    order.assign({ a: [1], b: [2] });
    order.confirm();
    leave(order, 'a', rejectParcel);
    order.reassign(rejected, { b: [1, 2], c: [1] });
    expect(order.assignment()).toEqual({ attempt: 2, parcels: { b: [1, 2] }, dropped: [] });
    expect(order.parcel('b')).toMatchObject({ status: 'ASSIGNED', startedAt: null });
    expect(order.confirm()?.events).toHaveLength(1);
    expect(order.parcel('b').status).toBe('STARTED');
  });

  test('go to others once it was handed over, or got lost', () => {
    const order = someRoute([1, 2, 3]);
    order.assign({ a: [1], b: [2], c: [3] });
    order.confirm();
    order.handOver('b');
    order.handOver('c');
    leave(order, 'c', loseParcel);
    leave(order, 'a', rejectParcel);
    order.reassign(rejected, { b: [1], c: [1], d: [1] });
    // What got lost is with nobody, and was not dropped.
    expect(order.assignment()).toEqual({ attempt: 2, parcels: { d: [1], b: [2] }, dropped: [] });
    expect(order.statuses()).toMatchObject({ b: 'HANDED_OVER', c: 'LOST', d: 'ASSIGNED' });
  });
});

test('with a parcel on its way stock that is gone three times only drops those lines', () => {
  const order = someRoute([1, 2]);
  const shelves = { a: [1], b: [2], c: [1], d: [1], e: [1] };
  order.assign(shelves);
  order.confirm();
  order.handOver('b');
  leave(order, 'a', rejectParcel);
  order.reassign(rejected, shelves);
  for (const attempt of [2, 3]) order.reassign(stock(attempt, 1), shelves);
  expect(order.assignment()).toEqual({ attempt: 4, parcels: { e: [1], b: [2] }, dropped: [] });
  order.reassign(stock(4, 1), shelves);
  expect(order.assignment()).toEqual({ attempt: 5, parcels: { b: [2] }, dropped: [1] });
  expect(order.confirm()?.events).toEqual([]);
});

test('who waits for an attempt that nothing led to gets it', () => {
  const order = someRoute([1]);
  order.assign({ a: [1], b: [1] });
  expect(order.reassign({ kind: 'ASKED_AGAIN', attempt: 1 }, { a: [1] })).toBeUndefined();
  order.reassign({ kind: 'ASKED_AGAIN', attempt: 2 }, { a: [1], b: [1] });
  expect(order.assignment()).toMatchObject({ attempt: 2, parcels: { a: [1] } });
  leave(order, 'a', rejectParcel);
  order.reassign({ kind: 'ASKED_AGAIN', attempt: 2 }, { a: [1], b: [1] });
  expect(order.assignment()).toMatchObject({ attempt: 3, parcels: { b: [1] } });
});

test('a late parcel is worth moving by what the others are earlier', () => {
  const order = someRoute([1]);
  const change = order.assign({ a: [1] });
  const given = { now: order.now, predictedDelayMinutes: 600 };
  const choice = { parcels: [{ chosen: change!.assignments[0]!.chosen }] } as unknown as Parameters<
    typeof gainMinutes
  >[2];
  const expected = order.now + 35 * 3_600_000;
  const late = order.route.promisedAt! + 600 * 60_000;
  expect(gainMinutes(order.route, order.parcel('a'), choice, given)).toBeCloseTo((late - expected) / 60_000, 6);
});
