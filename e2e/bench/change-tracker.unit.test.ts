import { describe, expect, test } from '@jest/globals';
import { compareSides, createTracker } from './change-tracker.ts';
import type { Row, Sides } from './commit-times.ts';

const row = (version: number, committedUs = 0, available = 5): Row => ({
  version,
  available,
  reserved: 0,
  committedUs,
});
const sides = (command: Record<string, Row>, read: Record<string, Row>): Sides => ({
  command: new Map(Object.entries(command)),
  read: new Map(Object.entries(read)),
});
const change = { offerId: 'a', version: 2, sentAt: 100, isWarmUp: false };

describe('a change', () => {
  test('is measured from commit to commit once both sides have it', () => {
    const tracker = createTracker();
    tracker.add(change);
    expect(tracker.pending(150, 100)).toEqual([]);
    expect(tracker.pending(200, 100)).toEqual(['a']);
    tracker.settle(sides({ a: row(2, 1_000) }, { a: row(1, 900) }));
    expect(tracker.outcome()).toEqual({ latenciesMs: [], lost: 1, overtaken: 0 });
    tracker.settle(sides({ a: row(2, 1_000) }, { a: row(2, 13_500) }));
    tracker.settle(sides({ a: row(2, 1_000) }, { a: row(2, 13_500) }));
    expect(tracker.outcome()).toEqual({ latenciesMs: [12.5], lost: 0, overtaken: 0 });
  });

  test('of the warm-up is followed but not measured', () => {
    const tracker = createTracker();
    tracker.add({ ...change, isWarmUp: true });
    tracker.settle(sides({ a: row(2) }, { a: row(2, 9_000) }));
    expect(tracker.outcome()).toEqual({ latenciesMs: [], lost: 0, overtaken: 0 });
  });

  test('whose row somebody changed again is not measured by the later commit', () => {
    const tracker = createTracker();
    tracker.add(change);
    tracker.settle(sides({ a: row(3, 1_000) }, { a: row(3, 2_000) }));
    expect(tracker.outcome()).toEqual({ latenciesMs: [], lost: 0, overtaken: 1 });
  });
});

describe('in the end', () => {
  const before = new Map([['a', 1]]);

  const counts = (sent: number, accepted: number) => new Map([['a', { sent, accepted }]]);

  test('both sides are the same, and hold what was accepted', () => {
    const same = sides({ a: row(3) }, { a: row(3) });
    expect(compareSides(same, before, counts(2, 2))).toEqual({ different: 0, surplus: 0, missing: 0 });
    expect(compareSides(same, before, counts(4, 1))).toEqual({ different: 0, surplus: 0, missing: 0 });
  });

  test('what is behind, twice or gone is counted', () => {
    const behind = sides({ a: row(3) }, { a: row(2) });
    expect(compareSides(behind, before, counts(1, 1))).toEqual({ different: 1, surplus: 1, missing: 0 });
    const other = sides({ a: row(3) }, { a: row(3, 0, 9) });
    expect(compareSides(other, before, counts(4, 4))).toEqual({ different: 1, surplus: 0, missing: 2 });
    expect(compareSides(sides({ a: row(1) }, {}), before, new Map())).toMatchObject({ different: 1 });
  });
});
