import { userError, type UserError } from '@waygraph/kit/errors';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { LaneFactorChanged } from '@waygraph/schema/events/lane';

export type SetDelayFactor = { readonly laneId: string; readonly factor: number; readonly ttlMinutes: number };

const factors = { least: 0.2, most: 10 };
const longestMinutes = 10_080; // a week

/** What is wrong with a factor, whatever the lane. */
export function checkFactor({ factor, ttlMinutes }: SetDelayFactor): UserError[] {
  const refusals: UserError[] = [];
  if (!(factor >= factors.least && factor <= factors.most))
    refusals.push(userError('INVALID_INPUT', `expected ${factors.least}..${factors.most}`, 'factor'));
  if (!(Number.isInteger(ttlMinutes) && ttlMinutes >= 1 && ttlMinutes <= longestMinutes))
    refusals.push(userError('INVALID_INPUT', `expected 1..${longestMinutes} minutes`, 'ttlMinutes'));
  return refusals;
}

export type FactorChange = {
  readonly laneId: string;
  readonly previousFactor: number;
  readonly factor: number;
  /** ms since 1970; null: until further notice. */
  readonly validUntil: number | null;
  readonly revision: number;
  readonly setBy: 'OPERATOR' | 'RISK' | 'EXPIRY';
  readonly reason: string;
};

/** The payload of LaneFactorChanged. */
export const laneFactorChangedOf = ({ validUntil, ...change }: FactorChange) => ({
  ...change,
  ...(validUntil === null ? {} : { validUntil: new Date(validUntil).toISOString() }),
});

export const laneFactorChanged = (change: FactorChange): OutboxEvent =>
  LaneFactorChanged.outboxEvent(laneFactorChangedOf(change), { seq: change.revision });
