import type { Page } from '@waygraph/kit/connection';
import type { Sql } from '@waygraph/kit/database';

/** What is known of a lane; its present factor is not among it. */
export type LaneStatistics = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly medianMinutes: number;
  readonly orderCount: number;
  readonly updatedAt: Date;
};

type Row = Omit<LaneStatistics, 'updatedAt'> & { readonly updatedAt: string };

const columns = `lane_id as id, origin as "from", destination as "to", median_minutes as "medianMinutes",
  order_count as "orderCount", updated_at as "updatedAt"`;

const laneOf = (row: Row): LaneStatistics => ({ ...row, updatedAt: new Date(row.updatedAt) });

/** In the order asked; PostgreSQL takes no NUL in a text, so no lane has one. */
export async function lanesById(read: Sql, ids: readonly string[]): Promise<(LaneStatistics | null)[]> {
  const rows = await read<Row>(`select ${columns} from stats.lanes where lane_id = any($1)`, [
    ids.filter(id => !id.includes('\0')),
  ]);
  const byId = new Map(rows.map(row => [row.id, laneOf(row)]));
  return ids.map(id => byId.get(id) ?? null);
}

/** A page by id, and one row more when there is a next page. */
export async function listLanes(read: Sql, { first, after }: Page): Promise<LaneStatistics[]> {
  const rows = await read<Row>(
    `select ${columns} from stats.lanes where $1::text is null or lane_id > $1 order by lane_id limit $2`,
    [after ?? null, first + 1],
  );
  return rows.map(laneOf);
}
