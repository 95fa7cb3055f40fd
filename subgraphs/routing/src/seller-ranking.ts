import { handlingMinutes } from './leg-times.ts';
import { hours, quarters } from './score.ts';

/** A seller's hand-overs in the window that counts, and how long they take. */
export type Tally = {
  readonly sellerId: string;
  /** Hand-overs that happened or were due. */
  readonly handovers: number;
  readonly late: number;
  readonly windowDays: number;
  readonly medianMinutes: number;
  /** Hand-overs that the median rests on. */
  readonly medianOrders: number;
};

/** A seller's place in a day's ranking. */
export type SellerRank = {
  readonly sellerId: string;
  readonly rank: number;
  readonly score: number;
  readonly penaltyScore: number;
  readonly penaltyMinutes: number;
  readonly lateHandoverRate: number;
  readonly orderCount: number;
  readonly day: string;
  readonly reason: string;
};

/** So many hand-overs of the market weigh as much as the seller's own: a beta prior. */
const priorWeight = 4;
/** No verdict on fewer hand-overs. */
export const enoughHandovers = 10;
/** Of the market, while nobody has handed over anything. */
const usualLateRate = 0.05;
/** What a seller that is always late costs its customers: a day. */
const fullPenaltyMinutes = 1_440;
/** 95 of 100 punctual sellers stay below so many deviations above the market by chance. */
const deviations = 1.64;

/** Ranks all sellers by expected minutes until the hand-over with the penalty for late ones; equal ones by id. */
export function rankSellers(day: string, tallies: readonly Tally[]): SellerRank[] {
  const all = tallies.reduce((sum, { handovers }) => sum + handovers, 0);
  const late = tallies.reduce((sum, tally) => sum + tally.late, 0);
  const market = all === 0 ? usualLateRate : late / all;
  return tallies
    .map(tally => judged(day, tally, market))
    .sort((one, other) => one.score - other.score || (one.sellerId < other.sellerId ? -1 : 1))
    .map((seller, index) => ({ ...seller, rank: index + 1 }));
}

function judged(day: string, tally: Tally, market: number): Omit<SellerRank, 'rank'> {
  const { sellerId, handovers, late } = tally;
  const penaltyScore = penaltyOf(tally, market);
  const penaltyMinutes = quarters(penaltyScore * fullPenaltyMinutes);
  const expected = quarters(handlingMinutes({ medianMinutes: tally.medianMinutes, orders: tally.medianOrders }));
  return {
    ...{ day, sellerId, score: expected + penaltyMinutes, penaltyScore, penaltyMinutes, orderCount: handovers },
    lateHandoverRate: handovers === 0 ? 0 : late / handovers,
    reason: `${hours(expected)} until hand-over; ${reasonOf(tally, market, penaltyMinutes)}`,
  };
}

/** How far the seller's late rate, drawn towards the market's, lies beyond what chance explains; 0..1. */
function penaltyOf({ handovers, late }: Tally, market: number): number {
  if (handovers < enoughHandovers) return 0;
  const rate = (late + priorWeight * market) / (handovers + priorWeight);
  const chance = market + deviations * Math.sqrt((market * (1 - market)) / (handovers + priorWeight));
  return Math.min(1, Math.max(0, rate - chance));
}

function reasonOf({ handovers, late, windowDays }: Tally, market: number, penaltyMinutes: number): string {
  if (handovers === 0) return 'no hand-overs yet';
  const seen = `${String(late)} of ${String(handovers)} hand-overs late in ${String(windowDays)} days`;
  if (handovers < enoughHandovers) return `${seen}: too few for a verdict`;
  const usual = `${(market * 100).toFixed(1)} % are usual`;
  return penaltyMinutes === 0 ? `${seen}: within chance, ${usual}` : `${seen}, ${usual}: +${hours(penaltyMinutes)}`;
}
