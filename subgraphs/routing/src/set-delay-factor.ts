import { userError, type UserError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import type { LogPosition } from '@waygraph/kit/cursor';
import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { LaneFactorChanged } from '@waygraph/schema/events/lane';
import { checkFactor, type SetDelayFactor } from './lane.ts';
import { changeLaneFactors, lockLaneFactor } from './lane-factors.ts';
import { lanesById } from './lane-statistics.ts';
import { clockOf } from './load-route.ts';

export type SetDelayFactorResult =
  { laneId: string; position: LogPosition; refusals: [] } | { laneId: null; position: null; refusals: UserError[] };

const refused = (...refusals: UserError[]): SetDelayFactorResult => ({ laneId: null, position: null, refusals });

/** An operator says how much slower a lane is for a while; what that means for parcels on it follows from the event. */
export async function setDelayFactor(
  deps: { pool: Pool; read: Sql },
  viewer: Viewer | undefined,
  command: SetDelayFactor,
): Promise<SetDelayFactorResult> {
  if (viewer?.role !== 'operator') return refused(userError('FORBIDDEN', 'only operators may set delay factors'));
  const { laneId, factor, ttlMinutes } = command;
  const faults = checkFactor(command);
  const [lane] = await lanesById(deps.read, [laneId]);
  if (!lane) faults.push(userError('NOT_FOUND', 'there is no such lane', 'laneId'));
  if (faults.length > 0) return refused(...faults);

  return withTransaction(deps.pool, async sql => {
    // Whoever gives parcels to this lane holds its row: they are done when we have it, and found by what our event starts.
    const before = await lockLaneFactor(sql, laneId);
    const revision = before.revision + 1;
    const validUntil = (await clockOf(sql)) + ttlMinutes * 60_000;
    await changeLaneFactors(sql, [
      {
        ...{ laneId, previousFactor: before.factor, factor, validUntil, revision },
        ...{ setBy: 'OPERATOR', reason: `set by an operator for ${ttlMinutes} min` },
      },
    ]);
    return { laneId, position: { topic: LaneFactorChanged.topic, key: laneId, seq: revision }, refusals: [] };
  });
}
