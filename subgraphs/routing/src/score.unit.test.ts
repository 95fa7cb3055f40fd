import { expect, test } from '@jest/globals';
import { byScore, scored } from './score.ts';
import { forSeeds } from './testing/random.ts';
import { someCandidate } from './testing/some-candidate.ts';

test('the parts add up to the score, to the last bit', () => {
  forSeeds(500, ({ between }) => {
    const candidate = scored({
      ...someCandidate(),
      handlingMinutes: between(0, 20_000),
      lineHaulMinutes: between(0, 30_000),
      lastMileMinutes: between(0, 5_000),
      outMinutes: between(0, 5_000),
      delayFactor: between(0.2, 10),
      penaltyMinutes: between(0, 1_440),
    });
    const { handlingMinutes, transitMinutes, delayMinutes, penaltyMinutes } = candidate;
    expect(handlingMinutes + transitMinutes + delayMinutes + penaltyMinutes).toBe(candidate.score);
    expect(candidate.lineHaulMinutes + candidate.lastMileMinutes).toBe(transitMinutes);
    expect(candidate.outMinutes).toBeLessThanOrEqual(candidate.lastMileMinutes);
  });
});

test('delays count on the line haul alone, penalties in full, and both say so', () => {
  expect(someCandidate()).toMatchObject({
    ...{ score: 2_100, transitMinutes: 1_500, delayMinutes: 0, distanceKm: 1_110.5, evidenceOrders: 320 },
    explanation: '10.0 h until hand-over (20 hand-overs); 25.0 h for 1110.5 km on RS>SP (300 deliveries)',
  });
  const late = someCandidate({ delayFactor: 1.5, penaltyMinutes: 90, handlingOrders: 0, laneOrders: 0 });
  expect(late).toMatchObject({ score: 2_790, delayMinutes: 600, penaltyMinutes: 90 });
  expect(late.explanation).toBe(
    '10.0 h until hand-over (usual for new sellers); 25.0 h for 1110.5 km on RS>SP (from the distance); ' +
      '+10.0 h since RS>SP takes 1.5 times as long now; +1.5 h for late hand-overs',
  );
  expect(someCandidate({ delayFactor: 0.5 }).delayMinutes).toBe(-600);
});

test('the lower score is better, then the nearer seller, then the lower id', () => {
  const best = someCandidate({ sellerId: 'z', handlingMinutes: 500 });
  const near = someCandidate({ sellerId: 'y', lineHaulKm: 900 });
  const [a, b] = [someCandidate({ sellerId: 'a' }), someCandidate({ sellerId: 'b' })];
  expect([b, a, near, best].sort(byScore)).toEqual([best, near, a, b]);
});
