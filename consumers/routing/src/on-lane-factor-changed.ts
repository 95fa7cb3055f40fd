import type { Pool } from '@waygraph/kit/database';
import { onWithCalls } from '@waygraph/kit/event-consumer';
import type { Log } from '@waygraph/kit/log';
import { applyLaneFactor } from '@waygraph/routing/apply-lane-factor';
import type { LiveFactors } from '@waygraph/routing/live-factors';
import { publishLaneFactor } from '@waygraph/routing/publish-lane-factor';
import { LaneFactorChanged } from '@waygraph/schema/events/lane';

/** The parcels on the lane are recomputed in transactions of their own, which may be repeated at any time. */
export const onLaneFactorChanged = (deps: { pool: Pool; liveFactors: LiveFactors; log: Log }) =>
  onWithCalls(LaneFactorChanged, async ({ laneId }, finish) => {
    await publishLaneFactor(deps, laneId);
    await applyLaneFactor(deps.pool, laneId);
    await finish(() => Promise.resolve());
  });
