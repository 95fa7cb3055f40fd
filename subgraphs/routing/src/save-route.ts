import type { Sql } from '@waygraph/kit/database';
import { publish } from '@waygraph/kit/outbox';
import type { Assignment } from './assignment.ts';
import type { Delivery } from './delivery.ts';
import { iso, type OrderRoute, type RouteChange } from './order-route.ts';

/** What is kept of an order's route once and for all. */
export type NewRoute = { readonly route: OrderRoute; readonly shipTo: unknown };

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** False when the order is known already: then nothing was written. */
export async function insertRoute(sql: Sql, { route, shipTo }: NewRoute): Promise<boolean> {
  const rows = await sql(
    `insert into order_routes (order_id, customer_id, version, state, attempt, seller_ids, lines, dropped_line_nos, excluded,
       allow_partial, ship_to, located, placed_at, promised_at, cancelled_attempt, unserved_line_nos, end_reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict do nothing returning order_id`,
    [
      ...[route.orderId, route.customerId, route.version, route.state, route.attempt, route.sellerIds],
      ...[JSON.stringify(route.lines), route.droppedLineNos, JSON.stringify(route.excluded), route.allowPartial],
      ...[JSON.stringify(shipTo), route.located && JSON.stringify(route.located)],
      ...[iso(route.placedAt), isoOrNull(route.promisedAt)],
      ...[route.cancelledAttempt, route.unservedLineNos, route.endReason],
    ],
  );
  return rows.length > 0;
}

/**
 * Writes what was decided under the locks of the routes: a handful of statements, however many orders and parcels.
 * `inserted`: the routes are in their table already, as they are now.
 */
export async function saveChanges(
  sql: Sql,
  changes: readonly RouteChange[],
  { inserted = false, assignments = [] }: { inserted?: boolean; assignments?: readonly Assignment[] } = {},
): Promise<void> {
  const deliveries = changes.flatMap(change => change.deliveries);
  const events = changes.flatMap(change => change.events);
  if (!inserted) await saveRoutes(sql, changes);
  await saveDeliveries(sql, deliveries);
  await saveAssignments(sql, assignments);
  // An estimate is new when its event is among those told now.
  const told = new Set(events.map(({ id }) => id));
  await saveEtas(
    sql,
    deliveries.filter(({ eta }) => told.has(eta.eventId)),
  );
  await publish(sql, events);
}

async function saveRoutes(sql: Sql, changes: readonly RouteChange[]): Promise<void> {
  const rows = changes.map(({ route }) => ({
    ...{ order_id: route.orderId, version: route.version, state: route.state, attempt: route.attempt },
    ...{ seller_ids: route.sellerIds, dropped_line_nos: route.droppedLineNos, excluded: route.excluded },
    ...{ promised_at: isoOrNull(route.promisedAt), cancelled_attempt: route.cancelledAttempt },
    ...{ stock_refusals: route.stockRefusals, unserved_line_nos: route.unservedLineNos, end_reason: route.endReason },
  }));
  await sql(
    `update order_routes r
     set version = n.version, state = n.state, attempt = n.attempt, seller_ids = n.seller_ids,
       dropped_line_nos = n.dropped_line_nos, excluded = n.excluded, promised_at = n.promised_at,
       cancelled_attempt = n.cancelled_attempt, stock_refusals = n.stock_refusals, unserved_line_nos = n.unserved_line_nos,
       end_reason = n.end_reason, updated_at = clock_timestamp()
     from jsonb_to_recordset($1::jsonb) as n(order_id text, version bigint, state text, attempt int, seller_ids text[],
       dropped_line_nos int[], excluded jsonb, promised_at timestamptz, cancelled_attempt int,
       stock_refusals int, unserved_line_nos int[], end_reason text)
     where r.order_id = n.order_id`,
    [JSON.stringify(rows)],
  );
}

async function saveDeliveries(sql: Sql, deliveries: readonly Delivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  const rows = deliveries.map(each => ({
    ...{ id: each.id, order_id: each.orderId, customer_id: each.customerId, seller_id: each.sellerId },
    ...{ lane_id: each.laneId, status: each.status, version: each.version, attempt: each.attempt, lines: each.lines },
    ...{ progress: each.progress, lane_revision: each.laneRevision, started_at: isoOrNull(each.startedAt) },
    ...{ handover_due_at: isoOrNull(each.handoverDueAt), handed_over_at: isoOrNull(each.handedOverAt) },
    ...{ scanned_at: isoOrNull(each.scannedAt), delivered_at: isoOrNull(each.deliveredAt) },
    ...{ handed_over_seq: each.handedOverSeq, delivered_seq: each.deliveredSeq, score_minutes: each.score },
    ...{ ended_how: each.ended?.how ?? null, ended_seq: each.ended?.seq ?? null },
    ended_at: isoOrNull(each.ended?.at ?? null),
    ...{ eta_id: each.eta.id, eta_version: each.eta.version, expected_at: iso(each.eta.expectedAt) },
    promised_at: isoOrNull(each.eta.promisedAt),
  }));
  const columns = `id, order_id, customer_id, seller_id, lane_id, status, version, attempt, lines, progress, lane_revision,
    started_at, handover_due_at, handed_over_at, scanned_at, delivered_at, handed_over_seq, delivered_seq, score_minutes,
    ended_how, ended_seq, ended_at, eta_id, eta_version, expected_at, promised_at`;
  await sql(
    `insert into deliveries (${columns})
     select ${columns} from jsonb_to_recordset($1::jsonb) as n(id uuid, order_id text, customer_id text, seller_id text,
       lane_id text, status text, version bigint, attempt int, lines jsonb, progress jsonb, lane_revision bigint,
       started_at timestamptz, handover_due_at timestamptz, handed_over_at timestamptz, scanned_at timestamptz,
       delivered_at timestamptz, handed_over_seq bigint, delivered_seq bigint,
       score_minutes float8, ended_how text, ended_seq bigint, ended_at timestamptz, eta_id uuid, eta_version int,
       expected_at timestamptz, promised_at timestamptz)
     on conflict (id) do update set lane_id = excluded.lane_id, status = excluded.status, version = excluded.version,
       attempt = excluded.attempt, lines = excluded.lines, progress = excluded.progress,
       lane_revision = excluded.lane_revision, started_at = excluded.started_at,
       handover_due_at = excluded.handover_due_at, handed_over_at = excluded.handed_over_at,
       scanned_at = excluded.scanned_at, delivered_at = excluded.delivered_at,
       handed_over_seq = excluded.handed_over_seq, delivered_seq = excluded.delivered_seq,
       score_minutes = excluded.score_minutes, ended_how = excluded.ended_how, ended_seq = excluded.ended_seq,
       ended_at = excluded.ended_at, eta_id = excluded.eta_id,
       eta_version = excluded.eta_version, expected_at = excluded.expected_at, promised_at = excluded.promised_at,
       updated_at = clock_timestamp()`,
    [JSON.stringify(rows)],
  );
}

async function saveAssignments(sql: Sql, assignments: readonly Assignment[]): Promise<void> {
  if (assignments.length === 0) return;
  const rows = assignments.map(each => ({
    ...{ delivery_id: each.deliveryId, attempt: each.attempt, decided_at: iso(each.decidedAt) },
    ...{ chosen: each.chosen, candidates: each.candidates },
  }));
  await sql(
    `insert into assignments (delivery_id, attempt, decided_at, chosen, candidates)
     select delivery_id, attempt, decided_at, chosen, candidates from jsonb_to_recordset($1::jsonb)
       as n(delivery_id uuid, attempt int, decided_at timestamptz, chosen jsonb, candidates jsonb)`,
    [JSON.stringify(rows)],
  );
}

async function saveEtas(sql: Sql, deliveries: readonly Delivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  const rows = deliveries.map(({ id, eta }) => ({
    ...{ id: eta.id, delivery_id: id, version: eta.version, expected_at: iso(eta.expectedAt) },
    ...{ earliest_at: iso(eta.earliestAt), latest_at: iso(eta.latestAt), promised_at: isoOrNull(eta.promisedAt) },
    ...{ computed_at: iso(eta.computedAt), reason: eta.reason, parts: eta.parts },
    ...{ previous_expected_at: isoOrNull(eta.previousExpectedAt), event_id: eta.eventId, seq: eta.seq },
  }));
  const columns = `id, delivery_id, version, expected_at, earliest_at, latest_at, promised_at, computed_at, reason, parts,
    previous_expected_at, event_id, seq`;
  await sql(
    `insert into eta_ledger (${columns})
     select ${columns} from jsonb_to_recordset($1::jsonb) as n(id uuid, delivery_id uuid, version int, expected_at timestamptz,
       earliest_at timestamptz, latest_at timestamptz, promised_at timestamptz, computed_at timestamptz, reason text,
       parts jsonb, previous_expected_at timestamptz, event_id uuid, seq bigint)`,
    [JSON.stringify(rows)],
  );
}
