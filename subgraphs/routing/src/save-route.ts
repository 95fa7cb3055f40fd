import type { Sql } from '@waygraph/kit/database';
import { eachOf } from '@waygraph/kit/json-rows';
import { fullRows, insertRows } from '@waygraph/kit/outbox';
import type { Assignment } from './assignment.ts';
import type { Delivery } from './delivery.ts';
import { iso, type OrderRoute, type RouteChange } from './order-route.ts';

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/**
 * Writes a change that makes the order known here, by one statement. False when it is known already: then nothing was written.
 * `shipTo` is kept once and for all.
 */
export async function insertChange(
  sql: Sql,
  change: RouteChange & { readonly assignments?: readonly Assignment[] },
  shipTo: unknown,
): Promise<boolean> {
  const row = {
    ...routeRow(change.route),
    ...{ customer_id: change.route.customerId, lines: change.route.lines, allow_partial: change.route.allowPartial },
    ...{ ship_to: shipTo, located: change.route.located, placed_at: iso(change.route.placedAt) },
  };
  const columns = `order_id, customer_id, version, state, attempt, seller_ids, lines, dropped_line_nos, excluded, allow_partial,
    ship_to, located, placed_at, promised_at, cancelled_attempt, stock_refusals, unserved_line_nos, end_reason`;
  const { parts, params } = whatFollows([change], change.assignments ?? [], ' where exists (select from route)');
  const inserted = await sql(
    `with route as (
       insert into order_routes (${columns})
       select ${columns} from jsonb_to_record($${String(params.length + 1)}::jsonb) as n(${routeTypes}, customer_id text, lines jsonb,
         allow_partial boolean, ship_to jsonb, located jsonb, placed_at timestamptz)
       on conflict do nothing returning order_id),
     ${parts.join(',\n')}
     select order_id from route`,
    [...params, JSON.stringify(row)],
  );
  return inserted.length > 0;
}

/** Writes what was decided under the locks of the routes, each changed once: one statement, however many orders and parcels. */
export async function saveChanges(
  sql: Sql,
  changes: readonly RouteChange[],
  assignments: readonly Assignment[] = [],
): Promise<void> {
  if (changes.length === 0) return;
  const { parts, params } = whatFollows(changes, assignments);
  await sql(
    `with ${parts.join(',\n')}
     update order_routes r
     set version = n.version, state = n.state, attempt = n.attempt, seller_ids = n.seller_ids,
       dropped_line_nos = n.dropped_line_nos, excluded = n.excluded, promised_at = n.promised_at,
       cancelled_attempt = n.cancelled_attempt, stock_refusals = n.stock_refusals, unserved_line_nos = n.unserved_line_nos,
       end_reason = n.end_reason, updated_at = clock_timestamp()
     from ${eachOf(params.length + 1)}, jsonb_to_record(it) as n(${routeTypes})
     where r.order_id = n.order_id`,
    [...params, JSON.stringify(changes.map(({ route }) => routeRow(route)))],
  );
}

const routeTypes = `order_id text, version bigint, state text, attempt int, seller_ids text[], dropped_line_nos int[],
  excluded jsonb, promised_at timestamptz, cancelled_attempt int, stock_refusals int, unserved_line_nos int[], end_reason text`;

const routeRow = (route: OrderRoute) => ({
  ...{ order_id: route.orderId, version: route.version, state: route.state, attempt: route.attempt },
  ...{ seller_ids: route.sellerIds, dropped_line_nos: route.droppedLineNos, excluded: route.excluded },
  ...{ promised_at: isoOrNull(route.promisedAt), cancelled_attempt: route.cancelledAttempt },
  ...{ stock_refusals: route.stockRefusals, unserved_line_nos: route.unservedLineNos, end_reason: route.endReason },
});

/**
 * What goes with the routes as parts of their statement: foreign keys are looked at when that ends. Tables without a row are left out,
 * so there are a few texts, each of which is prepared once. `gate` goes behind the FROM that each part ends in.
 */
function whatFollows(changes: readonly RouteChange[], assignments: readonly Assignment[], gate = '') {
  const deliveries = changes.flatMap(change => change.deliveries);
  const events = changes.flatMap(change => change.events);
  // An estimate is new when its event is among those told now.
  const told = new Set(events.map(({ id }) => id));
  const etas = deliveries.filter(({ eta }) => told.has(eta.eventId));

  // The first parameter is the one that insertRows names.
  const parts = [`told as (${insertRows}${gate})`];
  const params = [JSON.stringify(fullRows(events))];
  const add = ({ table, columns, types, onConflict = '' }: Written, rows: readonly object[]): void => {
    if (rows.length === 0) return;
    params.push(JSON.stringify(rows));
    parts.push(`new_${table} as (insert into ${table} (${columns})
      select ${columns} from jsonb_to_recordset($${String(params.length)}::jsonb) as n(${types})${gate}${onConflict})`);
  };
  add(deliveriesTable, deliveries.map(deliveryRow));
  add(assignmentsTable, assignments.map(assignmentRow));
  add(etaTable, etas.map(etaRow));
  return { parts, params };
}

type Written = {
  readonly table: string;
  readonly columns: string;
  readonly types: string;
  readonly onConflict?: string;
};

const deliveriesTable: Written = {
  table: 'deliveries',
  columns: `id, order_id, customer_id, seller_id, lane_id, status, version, attempt, lines, progress, lane_revision,
    started_at, handover_due_at, handed_over_at, scanned_at, delivered_at, handed_over_seq, delivered_seq, score_minutes,
    ended_how, ended_seq, ended_at, eta_id, eta_version, expected_at, promised_at`,
  types: `id uuid, order_id text, customer_id text, seller_id text, lane_id text, status text, version bigint, attempt int,
    lines jsonb, progress jsonb, lane_revision bigint, started_at timestamptz, handover_due_at timestamptz,
    handed_over_at timestamptz, scanned_at timestamptz, delivered_at timestamptz, handed_over_seq bigint, delivered_seq bigint,
    score_minutes float8, ended_how text, ended_seq bigint, ended_at timestamptz, eta_id uuid, eta_version int,
    expected_at timestamptz, promised_at timestamptz`,
  onConflict: `
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
};

const deliveryRow = (each: Delivery) => ({
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
});

const assignmentsTable: Written = {
  table: 'assignments',
  columns: 'delivery_id, attempt, decided_at, chosen, candidates',
  types: 'delivery_id uuid, attempt int, decided_at timestamptz, chosen jsonb, candidates jsonb',
};

const assignmentRow = (each: Assignment) => ({
  ...{ delivery_id: each.deliveryId, attempt: each.attempt, decided_at: iso(each.decidedAt) },
  ...{ chosen: each.chosen, candidates: each.candidates },
});

const etaTable: Written = {
  table: 'eta_ledger',
  columns: `id, delivery_id, version, expected_at, earliest_at, latest_at, promised_at, computed_at, reason, parts,
    previous_expected_at, event_id, seq`,
  types: `id uuid, delivery_id uuid, version int, expected_at timestamptz, earliest_at timestamptz, latest_at timestamptz,
    promised_at timestamptz, computed_at timestamptz, reason text, parts jsonb, previous_expected_at timestamptz,
    event_id uuid, seq bigint`,
};

const etaRow = ({ id, eta }: Delivery) => ({
  ...{ id: eta.id, delivery_id: id, version: eta.version, expected_at: iso(eta.expectedAt) },
  ...{ earliest_at: iso(eta.earliestAt), latest_at: iso(eta.latestAt), promised_at: isoOrNull(eta.promisedAt) },
  ...{ computed_at: iso(eta.computedAt), reason: eta.reason, parts: eta.parts },
  ...{ previous_expected_at: isoOrNull(eta.previousExpectedAt), event_id: eta.eventId, seq: eta.seq },
});
