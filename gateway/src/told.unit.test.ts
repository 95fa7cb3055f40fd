import { expect, test } from '@jest/globals';
import { createSeen } from './seen.ts';
import { record } from './testing/fake-log.ts';
import { createTold, thingBy } from './told.ts';

const event = (key: string, seq: number, id = `${key}${String(seq)}`) => record(0, seq, { key, seq, id });

test('an event is told once; a lower seq that never came by is told', () => {
  const told = createTold({ thingOf: thingBy([]) });
  const events = [event('a', 1), event('a', 3), event('a', 1), event('a', 2), event('a', 3)];
  expect(events.map(one => told.isNew(one))).toEqual([true, true, false, true, false]);
});

test('what a state contains is not told again, of that thing only', () => {
  const told = createTold({ thingOf: thingBy([]) });
  told.state({ thing: 'a', seq: 2, atMs: 0 }, false);
  expect([event('a', 1), event('a', 2), event('a', 3), event('b', 1)].map(one => told.isNew(one))).toEqual([
    ...[false, false, true, true],
  ]);
});

test('one key may have several things; its own seq counts for all of them', () => {
  const thingOf = thingBy(['sellerId']);
  const of = (seq: number, sellerId: string) => ({ ...event('a', seq), payload: () => ({ sellerId }) });
  const told = createTold({ thingOf });
  told.state({ thing: thingOf(of(4, 's1')), seq: 4, atMs: 0 }, false);
  expect([told.isNew(of(3, 's1')), told.isNew(of(3, 's2')), told.isNew(of(5, 's1'))]).toEqual([false, true, true]);
  told.state({ thing: 'a', seq: 7, atMs: 0 }, false);
  expect([told.isNew(of(6, 's1')), told.isNew(of(7, 's2')), told.isNew(of(8, 's2'))]).toEqual([false, false, true]);
});

test('a cursor says what was told before its event came by, until it comes by', () => {
  let now = 1_000;
  const told = createTold({ thingOf: thingBy([]), now: () => now });
  told.state({ thing: 'a', seq: 2, atMs: now }, true);
  told.state({ thing: 'b', seq: 5, atMs: now }, true);
  told.state({ thing: 'c', seq: 1, atMs: now }, false);
  told.isNew(event('a', 1));
  expect(told.inFlight()).toEqual([
    ['a', 2],
    ['b', 5],
  ]);
  told.isNew(event('a', 2));
  expect(told.inFlight()).toEqual([['b', 5]]);
  now += 3_600_000;
  expect(told.inFlight()).toEqual([]);
});

test('where only the newest counts, nothing older follows it', () => {
  const of = (seq: number, sellerId: string) => ({ ...event('a', seq), payload: () => ({ sellerId }) });
  const told = createTold({ thingOf: thingBy(['sellerId']), newestOnly: true });
  expect([told.isNew(of(5, 's1')), told.isNew(of(3, 's1')), told.isNew(of(4, 's2')), told.isNew(of(6, 's1'))]).toEqual([
    ...[true, false, true, true],
  ]);
});

test('a repeat is one that was first met at a lower offset; only so many are remembered', () => {
  const seen = createSeen(2);
  const at = (offset: number, id: string) => record(0, offset, { id });
  expect([at(0, 'a'), at(1, 'b'), at(2, 'a')].map(one => seen.add(one))).toEqual([true, true, false]);
  expect([seen.isRepeat(at(0, 'a')), seen.isRepeat(at(2, 'a')), seen.isRepeat(at(3, 'x'))]).toEqual([
    false,
    true,
    false,
  ]);
  seen.add(at(3, 'c'));
  expect(['a', 'b', 'c'].map(id => seen.liesBefore(id, [3]))).toEqual([false, true, false]);
  expect(seen.liesBefore('c', [4])).toBe(true);
});
