import type { Sql } from '@waygraph/kit/database';
import { eachTextOf } from '@waygraph/kit/json-rows';
import type { Line, Located } from './choose-sellers.ts';
import type { Delivery, LaneNow } from './delivery.ts';
import { clock, factorNow } from './lane-factors.ts';
import type { OrderRoute, RouteState } from './order-route.ts';
import { deliveryColumns, deliveryOf, type DeliveryRow } from './read-deliveries.ts';

type Row = {
  order_id: string;
  customer_id: string;
  version: string;
  state: RouteState;
  attempt: number;
  seller_ids: string[];
  lines: Line[];
  dropped_line_nos: number[];
  excluded: Record<string, string[]>;
  allow_partial: boolean;
  located: Located | null;
  placed_ms: number;
  promised_ms: number | null;
  cancelled_attempt: number | null;
  stock_refusals: number;
  unserved_line_nos: number[];
  end_reason: string | null;
};

const columns = `order_id, customer_id, version, state, attempt, seller_ids, lines, dropped_line_nos, excluded, allow_partial,
  located, (extract(epoch from placed_at) * 1000)::float8 as placed_ms,
  (extract(epoch from promised_at) * 1000)::float8 as promised_ms, cancelled_attempt, stock_refusals, unserved_line_nos, end_reason`;

const routeOf = (row: Row): OrderRoute => ({
  ...{ orderId: row.order_id, customerId: row.customer_id, version: Number(row.version), state: row.state },
  ...{ attempt: row.attempt, sellerIds: row.seller_ids, lines: row.lines, droppedLineNos: row.dropped_line_nos },
  ...{ excluded: row.excluded, allowPartial: row.allow_partial, located: row.located },
  ...{ placedAt: row.placed_ms, promisedAt: row.promised_ms, cancelledAttempt: row.cancelled_attempt },
  ...{ stockRefusals: row.stock_refusals, unservedLineNos: row.unserved_line_nos, endReason: row.end_reason },
});

/** Routes of these orders, by order id; those of orders that are not known here are missing. */
export async function readRoutes(sql: Sql, orderIds: readonly string[]): Promise<OrderRoute[]> {
  const ids = orderIds.filter(id => !id.includes('\0'));
  return (await sql<Row>(`select ${columns} from order_routes where order_id = any ($1) order by order_id`, [ids])).map(
    routeOf,
  );
}

/** The same, kept from everybody else until the transaction ends: whatever changes an order begins here. */
async function lockRoutes(sql: Sql, orderIds: readonly string[]): Promise<OrderRoute[]> {
  const ids = orderIds.filter(id => !id.includes('\0'));
  const [only] = ids;
  if (only === undefined) return [];
  // A plan for any number of ids is made once, that for an array each time anew.
  const rows = await (ids.length === 1
    ? sql<Row>(`select ${columns} from order_routes where order_id = $1 for update`, [only])
    : sql<Row>(
        `select ${columns} from ${eachTextOf(1)} join order_routes on order_id = it order by order_id for update of order_routes`,
        [JSON.stringify(ids)],
      ));
  return rows.map(routeOf);
}

export type LockedOrder = { readonly route: OrderRoute; readonly deliveries: readonly Delivery[] };

export type Locked = {
  /** Those that are known here, by id. */
  readonly orders: ReadonlyMap<string, LockedOrder>;
  /** Of the lanes of their parcels those that have a row: what holds now, not kept from changing. */
  readonly lanes: ReadonlyMap<string, LaneNow>;
  /** The database's clock behind the locks, in whole ms: times follow the order in which things are decided. */
  readonly now: number;
};

type LaneRow = { lane_id: string; lane_factor: number | null; present_revision: number | null };

/** Orders with their parcels, under the orders' locks: two statements, however many. */
export async function lockOrders(sql: Sql, orderIds: readonly string[]): Promise<Locked> {
  const routes = await lockRoutes(sql, orderIds);
  if (routes.length === 0) return { orders: new Map(), lanes: new Map(), now: Number.NaN };
  // A statement of its own, so that it sees what whoever had the locks before has done.
  const [loaded] = await sql<{ parcels: (DeliveryRow & LaneRow)[]; now_ms: number }>(
    `with parcel as (
       select ${deliveryColumns}, ${factorNow} as lane_factor, f.revision as present_revision
       from ${eachTextOf(1)} join deliveries d on d.order_id = it join eta_ledger e on e.id = d.eta_id
       left join lane_factors f on f.lane_id = d.lane_id)
     select (select coalesce(json_agg(parcel order by order_id, seller_id), '[]') from parcel) as parcels, ${clock}`,
    [JSON.stringify(routes.map(({ orderId }) => orderId))],
  );
  const { parcels = [], now_ms: now = Number.NaN } = loaded ?? {};
  const byOrder = Map.groupBy(parcels.map(deliveryOf), ({ orderId }) => orderId);
  const lanes = parcels.flatMap(({ lane_id, lane_factor: factor, present_revision: revision }): [string, LaneNow][] =>
    factor === null || revision === null ? [] : [[lane_id, { factor, revision }]],
  );
  return {
    orders: new Map(
      routes.map(route => [route.orderId, { route, deliveries: byOrder.get(route.orderId) ?? [] }] as const),
    ),
    ...{ lanes: new Map(lanes), now },
  };
}

/** One order that is known here. */
export async function lockOrder(
  sql: Sql,
  orderId: string,
): Promise<(LockedOrder & Pick<Locked, 'lanes' | 'now'>) | undefined> {
  const { orders, ...rest } = await lockOrders(sql, [orderId]);
  const order = orders.get(orderId);
  return order && { ...order, ...rest };
}

/** The database's clock, in whole ms: read behind the locks, so that times follow the order in which things are decided. */
export async function clockOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ now_ms: number }>(`select ${clock}`);
  return row?.now_ms ?? Number.NaN;
}
