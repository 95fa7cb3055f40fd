import type { Sql } from '@waygraph/kit/database';
import { eachOf } from '@waygraph/kit/json-rows';
import { followingFrom, fullRows, insertRows, type OutboxRow } from '@waygraph/kit/outbox';
import { assess, type Assessment, type Fact, type OrderRisk } from './risk.ts';

export type OrderParties = {
  readonly orderId: string;
  readonly customerId: string;
  readonly sellerIds: readonly string[];
};
/** What became known of an order, and when, in µs since 1970. */
export type Known = {
  readonly parties: OrderParties;
  readonly fact: Fact;
  readonly occurredUs: number;
  /** Of the event that told of it. */
  readonly traceparent?: string | undefined;
};

/**
 * Something became known of orders: their risks follow. Those of one order in their order; two statements, however many. Runs in the
 * caller's transaction.
 */
export async function assessOrders(sql: Sql, known: readonly Known[]): Promise<void> {
  const orders = await lockOrders(sql, [...new Map(known.map(({ parties }) => [parties.orderId, parties])).values()]);
  const changed = new Set<string>();
  const events = known.flatMap(({ parties, fact, occurredUs, traceparent }) => {
    const order = orders.get(parties.orderId);
    const at = new Date(Math.floor(occurredUs / 1000)).toISOString();
    const change = order && assess(order, fact, { at, sellerIds: parties.sellerIds });
    if (change === undefined) return [];
    orders.set(parties.orderId, change.order);
    changed.add(parties.orderId);
    return followingFrom({ traceparent }, change.events);
  });
  if (changed.size === 0) return;
  await save(
    sql,
    [...orders.values()].filter(({ orderId }) => changed.has(orderId)),
    events,
  );
}

type Row = Omit<OrderRisk, 'version' | 'assessment'> & { version: string } & {
  [Column in keyof Assessment]: Assessment[Column] | null;
};

/** One statement makes the rows or waits for whoever has them, in the order of ids; the update that changes nothing is the lock. */
async function lockOrders(sql: Sql, parties: readonly OrderParties[]): Promise<Map<string, OrderRisk>> {
  const rows = await sql<Row>(
    `insert into order_risks as o (order_id, customer_id, seller_ids)
     select "orderId", "customerId", "sellerIds"
     from jsonb_to_recordset($1::jsonb) as n("orderId" text, "customerId" text, "sellerIds" text[])
     order by "orderId"
     on conflict (order_id) do update set customer_id = o.customer_id
     returning order_id as "orderId", customer_id as "customerId", seller_ids as "sellerIds", parcels, early_ends as "earlyEnds", attempt, cancelled, version,
       level, predicted_delay_minutes as "predictedDelayMinutes", reason,
       to_char(since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since`,
    [JSON.stringify(parties.map(({ orderId, customerId, sellerIds }) => ({ orderId, customerId, sellerIds })))],
  );
  return new Map(rows.map(row => [row.orderId, orderOf(row)]));
}

function orderOf({ version, level, predictedDelayMinutes, reason, since, ...order }: Row): OrderRisk {
  const known = level !== null && predictedDelayMinutes !== null && reason !== null && since !== null;
  const assessment = known ? { level, predictedDelayMinutes, reason, since } : null;
  return { ...order, version: Number(version), assessment };
}

async function save(sql: Sql, orders: readonly OrderRisk[], told: readonly OutboxRow[]): Promise<void> {
  const rows = orders.map(({ assessment, ...order }) => ({ ...order, ...assessment }));
  // Most changes are told to nobody. The first parameter is the one that insertRows names.
  const params = told.length > 0 ? [JSON.stringify(fullRows(told)), JSON.stringify(rows)] : [JSON.stringify(rows)];
  await sql(
    `${told.length > 0 ? `with told as (${insertRows})` : ''}
     update order_risks o
     set seller_ids = n."sellerIds", parcels = n.parcels, early_ends = n."earlyEnds", attempt = n.attempt, cancelled = n.cancelled,
       version = n.version, level = n.level, predicted_delay_minutes = n."predictedDelayMinutes", reason = n.reason, since = n.since,
       updated_at = now()
     from ${eachOf(params.length)},
       jsonb_to_record(it) as n("orderId" text, "sellerIds" text[], parcels jsonb, "earlyEnds" jsonb, attempt int,
         cancelled boolean, version bigint, level text, "predictedDelayMinutes" float8, reason text, since timestamptz)
     where o.order_id = n."orderId"`,
    params,
  );
}
