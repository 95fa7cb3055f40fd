import { describe, expect, test } from '@jest/globals';
import {
  afterFactor,
  afterHandover,
  afterScan,
  assigned,
  delivered,
  estimateAt,
  handoverDueAt,
  legsOf,
  promiseOf,
  type Progress,
} from './eta.ts';
import { forSeeds } from './testing/random.ts';
import { someCandidate } from './testing/some-candidate.ts';

const placedAt = new Date('2026-11-21T09:30:00.123Z');
/** So many hours after the order was placed. */
const after = (hours: number): Date => new Date(placedAt.getTime() + hours * 3_600_000);
const hoursUntil = (at: Date): number => (at.getTime() - placedAt.getTime()) / 3_600_000;
const expectedHours = (progress: Progress, nowHours: number): number =>
  hoursUntil(estimateAt(progress, after(nowHours)).expectedAt);
const partHours = (progress: Progress, nowHours: number): number[] =>
  estimateAt(progress, after(nowHours)).parts.map(({ minutes }) => minutes / 60);

// 10 h handling, 20 h line haul, 5 h last mile of which 2 h on tour.
const begun = assigned(someCandidate(), placedAt);

describe('an estimate', () => {
  test('is the sum of handling, line haul, delay and last mile', () => {
    expect(expectedHours(begun, 0)).toBe(35);
    expect(partHours(begun, 0)).toEqual([10, 20, 0, 5]);
    const jammed = assigned(someCandidate({ delayFactor: 1.5 }), placedAt);
    expect(partHours(jammed, 0)).toEqual([10, 20, 10, 5]);
    expect(expectedHours(assigned(someCandidate({ delayFactor: 0.5 }), placedAt), 0)).toBe(25);
  });

  test('lies in its interval, which the lane’s errors make; the promise is the later, the wider they are', () => {
    const { earliestAt, latestAt } = estimateAt(begun, placedAt);
    expect([earliestAt, latestAt, promiseOf(begun, placedAt)].map(hoursUntil)).toEqual([17.5, 70, 63]);
  });

  test('waits for a seller that is late, and widens: who is overdue may well stay away as long again', () => {
    expect(partHours(begun, 14)).toEqual([14, 20, 0, 5]);
    const overdue = { ...begun, lineHaulMs: 0, lastMileMs: 0, outMs: 0 };
    expect(hoursUntil(estimateAt(overdue, after(14)).latestAt)).toBe(18);
  });

  test('takes the hand-over as it was', () => {
    const early = afterHandover(begun, after(4));
    expect(partHours(early, 4)).toEqual([4, 20, 0, 5]);
    // Nothing heard of it since it should have arrived: every hour more is delay.
    expect(partHours(early, 30)).toEqual([4, 20, 6, 5]);
  });

  test('takes the arrival at the last hub as it was, and no other hub', () => {
    const onTheWay = afterHandover(begun, after(10));
    expect(afterScan(onTheWay, after(20), 'HUB', false)).toEqual(onTheWay);
    expect(partHours(afterScan(onTheWay, after(22), 'HUB', true), 22)).toEqual([10, 12, 0, 5]);
    expect(partHours(afterScan(onTheWay, after(34), 'HUB', true), 34)).toEqual([10, 20, 4, 5]);
  });

  test('follows the tour, back to the hub and out again', () => {
    const arrived = afterScan(afterHandover(begun, after(10)), after(30), 'HUB', true);
    const out = afterScan(arrived, after(31), 'OUT_FOR_DELIVERY', true);
    expect(expectedHours(out, 31)).toBe(33);
    expect(expectedHours(out, 36)).toBe(36);
    const back = afterScan(out, after(38), 'HUB', true);
    expect(expectedHours(back, 38)).toBe(43);
    expect(expectedHours(afterScan(back, after(40), 'OUT_FOR_DELIVERY', true), 40)).toBe(42);
  });

  test('without a scan at the last hub, a parcel out for delivery lay there as long as parcels do', () => {
    const out = afterScan(afterHandover(begun, after(10)), after(33), 'OUT_FOR_DELIVERY', true);
    expect(partHours(out, 33)).toEqual([10, 20, 0, 5]);
    const soon = afterScan(afterHandover(begun, after(10)), after(11), 'OUT_FOR_DELIVERY', true);
    expect(partHours(soon, 11)).toEqual([10, 0, 0, 3]);
  });

  test('of a parcel that has arrived is what happened', () => {
    const { earliestAt, expectedAt, latestAt } = estimateAt(
      delivered(afterHandover(begun, after(9)), after(40)),
      after(41),
    );
    expect([earliestAt, expectedAt, latestAt].map(hoursUntil)).toEqual([40, 40, 40]);
    expect(partHours(delivered(afterHandover(begun, after(9)), after(40)), 41)).toEqual([9, 20, 6, 5]);
  });

  test('of a reassigned parcel counts the time before as handling', () => {
    expect(partHours(assigned(someCandidate(), placedAt, after(3)), 3)).toEqual([13, 20, 0, 5]);
  });
});

describe('a factor', () => {
  test('stretches what is left of the line haul, not what is done', () => {
    const halfway = afterFactor(afterHandover(begun, after(10)), 3, after(20));
    expect(partHours(halfway, 20)).toEqual([10, 20, 20, 5]);
    // Ten hours later at a third of the speed, it ends.
    expect(expectedHours(afterFactor(halfway, 1, after(26)), 26)).toBe(39);
  });

  test('that comes and goes at once leaves the estimate as it was', () => {
    const onTheWay = afterHandover(begun, after(10));
    const undone = afterFactor(afterFactor(onTheWay, 4, after(15)), 1, after(15));
    expect(estimateAt(undone, after(15))).toEqual(estimateAt(onTheWay, after(15)));
  });

  test('says nothing of a parcel that is past the line haul', () => {
    const arrived = afterScan(afterHandover(begun, after(10)), after(30), 'HUB', true);
    expect(expectedHours(afterFactor(arrived, 5, after(31)), 31)).toBe(35);
  });
});

test('whatever happens: the parts add up, the interval holds the expectation, and nothing open is expected in the past', () => {
  forSeeds(800, ({ next, between }) => {
    const chosen = someCandidate({
      ...{ handlingMinutes: between(0, 4_000), lineHaulMinutes: between(0, 9_000), delayFactor: between(0.2, 10) },
      ...{ lastMileMinutes: between(0, 2_000), outMinutes: between(0, 2_000) },
      ratios: { q05: between(0.1, 1), q938: between(1, 2), q95: between(1, 3) },
    });
    let progress = assigned(chosen, placedAt);
    let now = placedAt.getTime();
    for (let step = 0; step < 8; step += 1) {
      now += Math.round(between(0, 200_000_000));
      // What happened may be told late, or, by a clock that is ahead, too early.
      const at = new Date(now + Math.round(between(0, 300_000)));
      const choice = next();
      if (progress.handedOverAt === undefined) progress = choice < 0.5 ? afterHandover(progress, at) : progress;
      else if (choice < 0.3)
        progress = afterScan(progress, at, next() < 0.6 ? 'HUB' : 'OUT_FOR_DELIVERY', next() < 0.7);
      else if (choice < 0.35) progress = delivered(progress, at);
      if (next() < 0.4) progress = afterFactor(progress, between(0.2, 10), at);
      const { earliestAt, expectedAt, latestAt, parts } = estimateAt(progress, new Date(now));
      const sum = parts.reduce((total, { minutes }) => total + Math.round(minutes * 60_000), 0);
      expect(sum).toBe(expectedAt.getTime() - placedAt.getTime());
      expect(parts.every(({ minutes }) => Number.isInteger(Math.round(minutes * 60_000 * 1_000) / 1_000))).toBe(true);
      expect(earliestAt.getTime()).toBeLessThanOrEqual(expectedAt.getTime());
      expect(latestAt.getTime()).toBeGreaterThanOrEqual(expectedAt.getTime());
      if (progress.deliveredAt === undefined) expect(earliestAt.getTime()).toBeGreaterThanOrEqual(now);
      expect(JSON.parse(JSON.stringify(progress))).toEqual(progress);
      if (progress.deliveredAt !== undefined) return;
    }
  });
});

test('a parcel has three legs, each with the lane', () => {
  const legs = legsOf(assigned(someCandidate({ delayFactor: 1.5 }), placedAt));
  expect(legs.map(({ kind, from, to }) => [kind, from, to])).toEqual([
    ['HANDLING', 's1', 'RS'],
    ['LINE_HAUL', 'RS', 'SP'],
    ['LAST_MILE', 'SP', 'door'],
  ]);
  expect(legs.map(({ km, minutes, delayFactor, laneId }) => [km, minutes, delayFactor, laneId])).toEqual([
    [3, 600, 1, 'RS>SP'],
    [1_100, 1_200, 1.5, 'RS>SP'],
    [7.5, 300, 1, 'RS>SP'],
  ]);
});

test('a seller has three days', () => {
  expect(handoverDueAt(placedAt)).toEqual(after(72));
});
