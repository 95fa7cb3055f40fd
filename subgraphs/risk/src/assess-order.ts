import type { Sql } from '@waygraph/kit/database';
import { publish } from '@waygraph/kit/outbox';
import { assess, type Assessment, type Fact, type OrderRisk } from './risk.ts';

export type OrderParties = { orderId: string; customerId: string; sellerIds: readonly string[] };

/** Something became known of an order at `occurredUs` (µs since 1970): its risk follows. Runs in the caller's transaction. */
export async function assessOrder(sql: Sql, parties: OrderParties, fact: Fact, occurredUs: number): Promise<void> {
  const order = await lockOrder(sql, parties);
  const at = new Date(Math.floor(occurredUs / 1000)).toISOString();
  const change = assess(order, fact, { at, sellerIds: parties.sellerIds });
  if (change === undefined) return;
  await save(sql, change.order);
  await publish(sql, change.events);
}

type Row = Omit<OrderRisk, 'version' | 'assessment'> & { version: string } & {
  [Column in keyof Assessment]: Assessment[Column] | null;
};

/** One statement makes the row or waits for whoever has it; the update that changes nothing is the lock. */
async function lockOrder(sql: Sql, { orderId, customerId, sellerIds }: OrderParties): Promise<OrderRisk> {
  const [row] = await sql<Row>(
    `insert into order_risks as o (order_id, customer_id, seller_ids) values ($1, $2, $3)
     on conflict (order_id) do update set customer_id = o.customer_id
     returning order_id as "orderId", customer_id as "customerId", seller_ids as "sellerIds", parcels, attempt, cancelled, version,
       level, predicted_delay_minutes as "predictedDelayMinutes", reason,
       to_char(since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since`,
    [orderId, customerId, sellerIds],
  );
  if (row === undefined) throw new Error('an upsert without a row');
  const { version, level, predictedDelayMinutes, reason, since, ...order } = row;
  const known = level !== null && predictedDelayMinutes !== null && reason !== null && since !== null;
  const assessment = known ? { level, predictedDelayMinutes, reason, since } : null;
  return { ...order, version: Number(version), assessment };
}

async function save(sql: Sql, order: OrderRisk): Promise<void> {
  const { orderId, sellerIds, parcels, attempt, cancelled, version, assessment } = order;
  await sql(
    `update order_risks set seller_ids = $2, parcels = $3, attempt = $4, cancelled = $5, version = $6,
       level = $7, predicted_delay_minutes = $8, reason = $9, since = $10, updated_at = now()
     where order_id = $1`,
    [
      ...[orderId, sellerIds, JSON.stringify(parcels), attempt, cancelled, version],
      ...[assessment?.level ?? null, assessment?.predictedDelayMinutes ?? null],
      ...[assessment?.reason ?? null, assessment?.since ?? null],
    ],
  );
}
