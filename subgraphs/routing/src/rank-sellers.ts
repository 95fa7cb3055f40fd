import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { enoughHandovers, rankSellers, type SellerRank, type Tally } from './seller-ranking.ts';

/** The last 60 days count; those of sellers with few hand-overs reach farther back. */
const window = { days: 60, fewDays: 365 };

/**
 * Ranks all sellers by what was known at the end of a business day (or now, while it lasts), and puts the ranking into the place of
 * an earlier one of that day. Resolves to how many were ranked.
 */
export async function rankSellersOfDay(
  { pool, timeZone, now }: { pool: Pool; timeZone: string; now: Date },
  day: string,
): Promise<number> {
  return await withTransaction(pool, async sql => {
    await sql(`select pg_advisory_xact_lock(hashtextextended('seller-ranking ' || $1, 0))`, [day]);
    const ranked = rankSellers(day, await tally(sql, { day, timeZone, now }));
    await sql('delete from stats.mv_seller_ranking where day = $1', [day]);
    await sql(insert, [JSON.stringify(ranked satisfies SellerRank[])]);
    return ranked.length;
  });
}

type Row = {
  seller_id: string;
  recent: number;
  recent_late: number;
  older: number;
  older_late: number;
  median_minutes: number | null;
  median_orders: number | null;
};

async function tally(sql: Sql, at: { day: string; timeZone: string; now: Date }): Promise<Tally[]> {
  const rows = await sql<Row>(statement, [at.day, at.timeZone, at.now, window.days, window.fewDays]);
  return rows.map(row => {
    const recent = row.recent >= enoughHandovers;
    return {
      sellerId: row.seller_id,
      handovers: recent ? row.recent : row.older,
      late: recent ? row.recent_late : row.older_late,
      windowDays: recent ? window.days : window.fewDays,
      medianMinutes: row.median_minutes ?? 0,
      medianOrders: row.median_orders ?? 0,
    };
  });
}

// A hand-over after the day's end had not happened yet; a parcel that was due without one counts as late from then on.
const statement = `
  with day as (
    select least(($1::date + 1)::timestamp at time zone $2, $3::timestamptz) as until,
      ($1::date + 1 - $4::int)::timestamp at time zone $2 as recent_from,
      ($1::date + 1 - $5::int)::timestamp at time zone $2 as older_from),
  verdicts as (
    select d.seller_id, coalesce(h.at, d.handover_due_at) as at, h.at is null or h.at > d.handover_due_at as late
    from stats.deliveries d cross join day
    cross join lateral (select case when d.handed_over_at < day.until then d.handed_over_at end as at) h
    where d.handover_due_at is not null
      and (h.at is not null or (d.handover_due_at < day.until and d.status not in ('REASSIGNED', 'CANCELLED')))),
  counts as (
    select v.seller_id,
      count(*) filter (where v.at >= day.recent_from) as recent,
      count(*) filter (where v.at >= day.recent_from and v.late) as recent_late,
      count(*) as older, count(*) filter (where v.late) as older_late
    from verdicts v cross join day
    where v.at >= day.older_from
    group by v.seller_id)
  select s.id as seller_id,
    coalesce(c.recent, 0)::int as recent, coalesce(c.recent_late, 0)::int as recent_late,
    coalesce(c.older, 0)::int as older, coalesce(c.older_late, 0)::int as older_late,
    h.median_minutes, h.order_count as median_orders
  from catalogue.sellers s
  left join counts c on c.seller_id = s.id
  left join stats.seller_handling h on h.seller_id = s.id
  order by s.id`;

const insert = `
  insert into stats.mv_seller_ranking
    (day, seller_id, rank, score, penalty_score, penalty_minutes, late_handover_rate, order_count, reason)
  select day, "sellerId", rank, score, "penaltyScore", "penaltyMinutes", "lateHandoverRate", "orderCount", reason
  from jsonb_to_recordset($1::jsonb) as r(day date, "sellerId" text, rank int, score float8, "penaltyScore" float8,
    "penaltyMinutes" float8, "lateHandoverRate" float8, "orderCount" int, reason text)`;
