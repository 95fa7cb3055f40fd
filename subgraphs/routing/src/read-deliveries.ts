import type { Sql } from '@waygraph/kit/database';
import type { Line } from './choose-sellers.ts';
import type { Delivery, DeliveryStatus, Ended, Eta } from './delivery.ts';
import type { EtaPart, Progress } from './eta.ts';

/** As text where the driver has read it, as a number where it came in JSON. */
type Int8 = string | number;

export type EtaRow = {
  eta_id: string;
  delivery_id: string;
  eta_version: number;
  expected_ms: number;
  earliest_ms: number;
  latest_ms: number;
  promised_ms: number | null;
  computed_ms: number;
  reason: string;
  parts: EtaPart[];
  previous_ms: number | null;
  event_id: string;
  seq: Int8;
};

export type DeliveryRow = EtaRow & {
  id: string;
  order_id: string;
  customer_id: string;
  seller_id: string;
  lane_id: string;
  status: DeliveryStatus;
  version: Int8;
  attempt: number;
  score_minutes: number;
  lines: Line[];
  progress: Progress;
  lane_revision: Int8;
  started_ms: number | null;
  due_ms: number | null;
  handed_over_ms: number | null;
  scanned_ms: number | null;
  delivered_ms: number | null;
  handed_over_seq: Int8 | null;
  delivered_seq: Int8 | null;
  ended_how: Ended['how'] | null;
  ended_seq: Int8 | null;
  ended_ms: number | null;
};

const ms = (column: string, name: string): string => `(extract(epoch from ${column}) * 1000)::float8 as ${name}`;

export const etaColumns = `e.id as eta_id, e.delivery_id, e.version as eta_version, ${ms('e.expected_at', 'expected_ms')},
  ${ms('e.earliest_at', 'earliest_ms')}, ${ms('e.latest_at', 'latest_ms')}, ${ms('e.promised_at', 'promised_ms')},
  ${ms('e.computed_at', 'computed_ms')}, e.reason, e.parts, ${ms('e.previous_expected_at', 'previous_ms')}, e.event_id, e.seq`;

export const deliveryColumns = `d.id, d.order_id, d.customer_id, d.seller_id, d.lane_id, d.status, d.version, d.attempt, d.score_minutes, d.lines,
  d.progress, d.lane_revision, ${ms('d.started_at', 'started_ms')}, ${ms('d.handover_due_at', 'due_ms')},
  ${ms('d.handed_over_at', 'handed_over_ms')}, ${ms('d.scanned_at', 'scanned_ms')}, ${ms('d.delivered_at', 'delivered_ms')},
  d.handed_over_seq, d.delivered_seq, d.ended_how, d.ended_seq, ${ms('d.ended_at', 'ended_ms')}, ${etaColumns}`;

const numberOrNull = (value: Int8 | null): number | null => (value === null ? null : Number(value));

export const etaOf = (row: EtaRow): Eta => ({
  ...{ id: row.eta_id, version: row.eta_version, expectedAt: row.expected_ms, earliestAt: row.earliest_ms },
  ...{ latestAt: row.latest_ms, promisedAt: row.promised_ms, computedAt: row.computed_ms, reason: row.reason },
  ...{ parts: row.parts, previousExpectedAt: row.previous_ms, eventId: row.event_id, seq: Number(row.seq) },
});

export const deliveryOf = (row: DeliveryRow): Delivery => ({
  ...{ id: row.id, orderId: row.order_id, customerId: row.customer_id, sellerId: row.seller_id, laneId: row.lane_id },
  ...{
    status: row.status,
    version: Number(row.version),
    attempt: row.attempt,
    lines: row.lines,
    score: row.score_minutes,
  },
  ...{ progress: row.progress, laneRevision: Number(row.lane_revision) },
  ...{ startedAt: row.started_ms, handoverDueAt: row.due_ms, handedOverAt: row.handed_over_ms },
  ...{ scannedAt: row.scanned_ms, deliveredAt: row.delivered_ms },
  ...{ handedOverSeq: numberOrNull(row.handed_over_seq), deliveredSeq: numberOrNull(row.delivered_seq) },
  ended: endedOf(row),
  eta: etaOf(row),
});

const endedOf = ({ ended_how: how, ended_seq: seq, ended_ms: at }: DeliveryRow): Ended | null =>
  how === null || seq === null || at === null ? null : { how, seq: Number(seq), at };

/** Parcels of these orders with their newest estimates, by order and seller id. */
export async function readDeliveries(sql: Sql, orderIds: readonly string[]): Promise<Delivery[]> {
  const ids = orderIds.filter(id => !id.includes('\0'));
  const rows = await sql<DeliveryRow>(
    `select ${deliveryColumns} from deliveries d join eta_ledger e on e.id = d.eta_id
     where d.order_id = any ($1) order by d.order_id, d.seller_id`,
    [ids],
  );
  return rows.map(deliveryOf);
}
