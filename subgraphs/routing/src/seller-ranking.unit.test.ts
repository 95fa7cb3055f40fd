import { expect, test } from '@jest/globals';
import { businessDay, dayBefore, isDay } from './business-day.ts';
import { rankSellers, type Tally } from './seller-ranking.ts';
import { forSeeds } from './testing/random.ts';

const day = '2026-11-20';
const tally = (sellerId: string, handovers: number, late: number, change: Partial<Tally> = {}): Tally => ({
  ...{ sellerId, handovers, late, windowDays: 60, medianMinutes: 600, medianOrders: 8 },
  ...change,
});
const market = tally('market', 500, 25);
const ranked = (...tallies: Tally[]) => new Map(rankSellers(day, tallies).map(seller => [seller.sellerId, seller]));

test('the best is whoever is expected to hand over soonest', () => {
  const ranking = rankSellers(day, [
    tally('slow', 0, 0, { medianMinutes: 3_000, medianOrders: 100 }),
    tally('new', 0, 0, { medianMinutes: 0, medianOrders: 0 }),
    tally('fast', 0, 0, { medianMinutes: 120, medianOrders: 100 }),
  ]);
  expect(ranking.map(({ rank, sellerId }) => [rank, sellerId])).toEqual([
    [1, 'fast'],
    [2, 'new'],
    [3, 'slow'],
  ]);
  expect(ranking[1]).toMatchObject({ score: 1_440, penaltyMinutes: 0, lateHandoverRate: 0, orderCount: 0 });
  expect(ranking[1]?.reason).toBe('24.0 h until hand-over; no hand-overs yet');
});

test('late hand-overs cost their share of a day, as far as chance does not explain them', () => {
  const ranking = ranked(market, tally('late', 40, 30), tally('unlucky', 40, 4), tally('punctual', 40, 0));
  expect(ranking.get('late')?.penaltyScore).toBeGreaterThan(0.5);
  expect(ranking.get('late')?.penaltyMinutes).toBeGreaterThan(720);
  expect(ranking.get('late')?.reason).toMatch(/30 of 40 hand-overs late in 60 days, 9\.5 % are usual: \+1\d\.\d h$/);
  for (const seller of ['unlucky', 'punctual', 'market']) expect(ranking.get(seller)?.penaltyScore).toBe(0);
  expect(ranking.get('late')).toMatchObject({ lateHandoverRate: 0.75, orderCount: 40, rank: 4 });
});

test('there is no verdict on fewer than ten hand-overs', () => {
  const ranking = ranked(market, tally('nine', 9, 9), tally('ten', 10, 10));
  expect(ranking.get('nine')).toMatchObject({ penaltyScore: 0, penaltyMinutes: 0, lateHandoverRate: 1 });
  expect(ranking.get('nine')?.reason).toMatch(/9 of 9 hand-overs late in 60 days: too few for a verdict$/);
  expect(ranking.get('ten')?.penaltyScore).toBeGreaterThan(0.3);
});

test('penalties stay within 0..1, grow with each late hand-over, and depend on no order of sellers', () => {
  forSeeds(200, ({ between }) => {
    const handovers = Math.floor(between(10, 200));
    const late = Math.floor(between(0, handovers));
    const tallies = [market, tally('a', handovers, late), tally('b', handovers, late + 1)];
    const [one, other] = [rankSellers(day, tallies), rankSellers(day, tallies.toReversed())];
    expect(one).toEqual(other);
    expect(one.map(({ rank }) => rank)).toEqual([1, 2, 3]);
    const score = (id: string) => one.find(({ sellerId }) => sellerId === id)?.penaltyScore ?? -1;
    expect(score('b')).toBeGreaterThanOrEqual(score('a'));
    for (const { penaltyScore, penaltyMinutes } of one) {
      expect(penaltyScore).toBeGreaterThanOrEqual(0);
      expect(penaltyScore).toBeLessThanOrEqual(1);
      expect(Math.abs(penaltyMinutes - penaltyScore * 1_440)).toBeLessThanOrEqual(0.125);
    }
  });
});

test('a business day is that of its place', () => {
  const night = new Date('2026-11-21T02:59:59Z');
  expect(businessDay(night, 'America/Sao_Paulo')).toBe('2026-11-20');
  expect(businessDay(night, 'UTC')).toBe('2026-11-21');
  expect(dayBefore('2026-03-01')).toBe('2026-02-28');
  expect(['2026-02-28', '2026-02-30', '2026-2-3', 'today', '2026-11-21T00:00'].map(isDay)).toEqual([
    true,
    ...[false, false, false, false],
  ]);
});
