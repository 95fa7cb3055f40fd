import { withTransaction, type Pool } from '@waygraph/kit/database';
import { changeLaneFactors } from './lane-factors.ts';

const mostAtOnce = 200;

/** Factors whose time is over become 1, and that is told. Gives their lanes. Those that somebody holds are left for the next time. */
export function expireFactors(pool: Pool): Promise<string[]> {
  return withTransaction(pool, async sql => {
    const due = await sql<{ lane_id: string; factor: number; revision: string }>(
      `select lane_id, factor, revision from lane_factors where valid_until <= clock_timestamp()
       order by lane_id limit $1 for update skip locked`,
      [mostAtOnce],
    );
    if (due.length === 0) return [];
    await changeLaneFactors(
      sql,
      due.map(row => ({
        ...{ laneId: row.lane_id, previousFactor: row.factor, factor: 1, validUntil: null },
        ...{ revision: Number(row.revision) + 1, setBy: 'EXPIRY', reason: 'its time is over' },
      })),
    );
    return due.map(({ lane_id }) => lane_id);
  });
}
