import type { Viewer } from '@waygraph/kit/auth';
import type { Sql } from '@waygraph/kit/database';
import type { Risk, RiskLevel } from './types.generated.ts';

type Row = {
  order_id: string;
  level: RiskLevel;
  predicted_delay_minutes: number;
  reason: string;
  since_ms: number;
};

/** The risks of orders as far as the viewer may see them: its customer, its sellers and operators; null for any other. */
export async function readRisks(
  sql: Sql,
  viewer: Viewer | undefined,
  orderIds: readonly string[],
): Promise<(Risk | null)[]> {
  // PostgreSQL takes no NUL in a text, so no order has such an id.
  const possible = orderIds.filter(id => !id.includes('\0'));
  if (viewer === undefined || possible.length === 0) return orderIds.map(() => null);
  const rows = await sql<Row>(
    `select order_id, level, predicted_delay_minutes, reason, (extract(epoch from since) * 1000)::float8 as since_ms
     from order_risks
     where order_id = any($1) and level is not null
       and ($2 = 'operator' or ($2 = 'customer' and customer_id = $3) or ($2 = 'seller' and $3 = any(seller_ids)))`,
    [possible, viewer.role, viewer.sub],
  );
  const byId = new Map(rows.map(row => [row.order_id, riskOf(row)]));
  return orderIds.map(id => byId.get(id) ?? null);
}

const riskOf = (row: Row): Risk => ({
  level: row.level,
  predictedDelayMinutes: row.predicted_delay_minutes,
  reason: row.reason,
  since: new Date(row.since_ms),
  action: 'NONE',
});
