import { sqlOfPool, type Pool } from '@waygraph/kit/database';
import type { Log } from '@waygraph/kit/log';
import { readLaneFactors } from './lane-factors.ts';
import type { LiveFactors } from './live-factors.ts';

/** Brings a lane's present factor to the live copy. What Redis does not take now, the next comparison with PostgreSQL brings. */
export async function publishLaneFactor(
  { pool, liveFactors, log }: { pool: Pool; liveFactors: LiveFactors; log: Log },
  laneId: string,
): Promise<void> {
  const lane = (await readLaneFactors(sqlOfPool(pool), [laneId])).get(laneId);
  if (lane === undefined) return;
  await liveFactors.write(lane).catch((error: unknown) => {
    log.warn({ err: error, laneId }, 'live factor not written');
  });
}
