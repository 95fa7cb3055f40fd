import { scored, type Candidacy, type CandidateScore } from '../score.ts';

/** A scored candidate with figures that are easy to follow: 10 h + 20 h + 5 h. */
export const someCandidate = (change: Partial<Candidacy> = {}): CandidateScore =>
  scored({
    ...{ sellerId: 's1', hub: 'RS', laneId: 'RS>SP', firstMileKm: 3, lineHaulKm: 1_100, lastMileKm: 7.5 },
    ...{ handlingMinutes: 600, handlingOrders: 20, lineHaulMinutes: 1_200, laneOrders: 300 },
    ...{ lastMileMinutes: 300, outMinutes: 120, delayFactor: 1, penaltyMinutes: 0 },
    ratios: { q05: 0.5, q938: 1.8, q95: 2 },
    ...change,
  });
