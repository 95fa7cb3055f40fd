import type { Sql } from '@waygraph/kit/database';
import { eachTextOf } from '@waygraph/kit/json-rows';
import { publish, uuidv7 } from '@waygraph/kit/outbox';
import type { LaneNow } from './delivery.ts';
import { laneFactorChanged, type FactorChange } from './lane.ts';

/** A lane's factor in PostgreSQL, which decides. */
export type LaneFactor = {
  readonly laneId: string;
  /** What it was before its newest change. */
  readonly previousFactor: number;
  /** What counts now: 1 once its time is over, whether or not that was swept yet. */
  readonly factor: number;
  /** Counts the changes; 0: it never had a factor. */
  readonly revision: number;
  /** ms since 1970; null: until further notice. */
  readonly validUntil: number | null;
  readonly updatedAt: number;
  /** Of the newest LaneFactorChanged. */
  readonly eventId: string | null;
  readonly setBy: 'OPERATOR' | 'RISK' | 'EXPIRY';
  readonly reason: string;
};

type Row = {
  lane_id: string;
  previous_factor: number;
  factor: number;
  revision: string;
  until_ms: number | null;
  updated_ms: number;
  event_id: string | null;
  set_by: LaneFactor['setBy'];
  reason: string;
};

// The statement's own time: a transaction may have begun before the factor ended.
const isOver = 'coalesce(valid_until <= clock_timestamp(), false)';
/** What counts now, of a row of lane_factors. */
export const factorNow = `case when ${isOver} then 1 else factor end`;
/** The database's clock, in whole ms. */
export const clock = 'floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms';

const columns = `lane_id, previous_factor, ${factorNow} as factor, revision,
  case when ${isOver} then null else (extract(epoch from valid_until) * 1000)::float8 end as until_ms,
  floor(extract(epoch from updated_at) * 1000)::float8 as updated_ms, event_id, set_by, reason`;

const laneFactorOf = (row: Row): LaneFactor => ({
  ...{
    laneId: row.lane_id,
    previousFactor: row.previous_factor,
    factor: row.factor,
    revision: Number(row.revision),
    validUntil: row.until_ms,
  },
  ...{ updatedAt: row.updated_ms, eventId: row.event_id, setBy: row.set_by, reason: row.reason },
});

const byLane = (rows: readonly Row[]): Map<string, LaneFactor> =>
  new Map(rows.map(row => [row.lane_id, laneFactorOf(row)]));

/** The lanes that have a row, as they are now. */
export async function readLaneFactors(sql: Sql, laneIds: readonly string[]): Promise<Map<string, LaneFactor>> {
  const ids = [...new Set(laneIds)].filter(id => !id.includes('\0'));
  return ids.length === 0
    ? new Map()
    : byLane(await sql<Row>(`select ${columns} from lane_factors where lane_id = any ($1)`, [ids]));
}

/** Every lane that ever had a factor, by id. */
export const allLaneFactors = async (sql: Sql): Promise<LaneFactor[]> =>
  (await sql<Row>(`select ${columns} from lane_factors where revision > 0 order by lane_id`)).map(laneFactorOf);

export type Held = { readonly lanes: ReadonlyMap<string, LaneNow>; readonly now: number };

/**
 * Holds the factors of these lanes as they are until the transaction ends, so that what is decided by them cannot miss a change:
 * whoever changes one waits, and then finds what was decided. Others may hold them too. With the clock behind all that.
 */
export async function holdLaneFactors(sql: Sql, laneIds: readonly string[]): Promise<Held> {
  const ids = JSON.stringify([...new Set(laneIds)].sort());
  const held = async () => {
    const [row] = await sql<{ missing: boolean; lanes: (LaneNow & { id: string })[]; now_ms: number }>(holdStatement, [
      ids,
    ]);
    if (row === undefined) throw new Error('an aggregate without a row');
    return row;
  };
  let known = await held();
  if (known.missing) {
    await sql(
      'insert into lane_factors (lane_id) select id from jsonb_array_elements_text($1::jsonb) as id order by id on conflict do nothing',
      [ids],
    );
    known = await held();
  }
  return {
    lanes: new Map(known.lanes.map(({ id, factor, revision }) => [id, { factor, revision }])),
    now: known.now_ms,
  };
}

// Locked in one order for everybody, so that nobody waits in a circle.
const holdStatement = `
  with held as materialized (
    select l.lane_id as id, ${factorNow} as factor, revision
    from ${eachTextOf(1)} join lane_factors l on l.lane_id = it order by l.lane_id for share of l)
  select (select coalesce(json_agg(held), '[]') from held) as lanes,
    (select count(*) from held) < jsonb_array_length($1::jsonb) as missing, ${clock}`;

/** Writes changes that were decided under the locks of their lanes, and tells them. */
export async function changeLaneFactors(sql: Sql, changes: readonly FactorChange[]): Promise<void> {
  const told = changes.map(change => ({ ...laneFactorChanged(change), id: uuidv7() }));
  const rows = changes.map((change, index) => ({
    ...{ lane_id: change.laneId, factor: change.factor, previous_factor: change.previousFactor },
    valid_until: change.validUntil === null ? null : new Date(change.validUntil).toISOString(),
    ...{ revision: change.revision, set_by: change.setBy, reason: change.reason, event_id: told[index]?.id },
  }));
  await sql(
    `update lane_factors l set factor = n.factor, previous_factor = n.previous_factor, valid_until = n.valid_until,
       revision = n.revision, set_by = n.set_by, reason = n.reason, event_id = n.event_id, updated_at = clock_timestamp()
     from jsonb_to_recordset($1::jsonb) as n(lane_id text, factor double precision, previous_factor double precision,
       valid_until timestamptz, revision bigint, set_by text, reason text, event_id uuid)
     where l.lane_id = n.lane_id`,
    [JSON.stringify(rows)],
  );
  await publish(sql, told);
}

/** Keeps one lane's factor from everybody else until the transaction ends; makes the row of a lane that has none. */
export async function lockLaneFactor(sql: Sql, laneId: string): Promise<LaneFactor> {
  await sql('insert into lane_factors (lane_id) values ($1) on conflict do nothing', [laneId]);
  const [row] = await sql<Row>(`select ${columns} from lane_factors where lane_id = $1 for update`, [laneId]);
  if (row === undefined) throw new Error(`lane ${laneId} has vanished`);
  return laneFactorOf(row);
}

/** The same for whom the factors alone are enough. */
export const factorsOf =
  (sql: Sql) =>
  async (laneIds: readonly string[]): Promise<Map<string, number>> => {
    const rows = await sql<Pick<Row, 'lane_id' | 'factor'>>(
      `select lane_id, ${factorNow} as factor
       from ${eachTextOf(1)} join lane_factors on lane_id = it`,
      [JSON.stringify([...new Set(laneIds)])],
    );
    return new Map(rows.map(({ lane_id, factor }) => [lane_id, factor]));
  };
