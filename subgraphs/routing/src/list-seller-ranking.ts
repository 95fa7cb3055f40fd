import type { Page } from '@waygraph/kit/connection';
import type { Sql } from '@waygraph/kit/database';
import type { SellerRank } from './seller-ranking.ts';

const columns = `to_char(day, 'YYYY-MM-DD') as day, seller_id as "sellerId", rank, score, penalty_score as "penaltyScore",
  penalty_minutes as "penaltyMinutes", late_handover_rate as "lateHandoverRate", order_count as "orderCount", reason`;
const newest = '(select max(day) from stats.mv_seller_ranking)';

/** A page of a day's ranking by rank (without a day the newest), and one row more when there is a next page. */
export async function listSellerRanking(read: Sql, day: string | undefined, page: Page): Promise<SellerRank[]> {
  return await read<SellerRank>(
    `select ${columns} from stats.mv_seller_ranking
     where day = coalesce($1::date, ${newest}) and rank > $2 order by rank limit $3`,
    [day ?? null, Number(page.after ?? 0), page.first + 1],
  );
}

/** Each seller's place in the newest ranking, in the order asked; null for those it does not hold. */
export async function newestRanks(read: Sql, sellerIds: readonly string[]): Promise<(SellerRank | null)[]> {
  const rows = await read<SellerRank>(
    `select ${columns} from stats.mv_seller_ranking where day = ${newest} and seller_id = any($1)`,
    [sellerIds.filter(id => !id.includes('\0'))],
  );
  const bySeller = new Map(rows.map(row => [row.sellerId, row]));
  return sellerIds.map(id => bySeller.get(id) ?? null);
}
