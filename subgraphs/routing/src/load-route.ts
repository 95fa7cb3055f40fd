import type { Sql } from '@waygraph/kit/database';
import type { Line, Located } from './choose-sellers.ts';
import type { Delivery } from './delivery.ts';
import type { OrderRoute, RouteState } from './order-route.ts';
import { readDeliveries } from './read-deliveries.ts';

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
export async function lockRoutes(sql: Sql, orderIds: readonly string[]): Promise<OrderRoute[]> {
  const ids = orderIds.filter(id => !id.includes('\0'));
  return (
    await sql<Row>(`select ${columns} from order_routes where order_id = any ($1) order by order_id for update`, [ids])
  ).map(routeOf);
}

/** An order that is known here, under its lock, with its parcels. */
export async function lockOrder(
  sql: Sql,
  orderId: string,
): Promise<{ route: OrderRoute; deliveries: Delivery[] } | undefined> {
  const route = await lockRoute(sql, orderId);
  return route && { route, deliveries: await readDeliveries(sql, [orderId]) };
}

export async function lockRoute(sql: Sql, orderId: string): Promise<OrderRoute | undefined> {
  return (await lockRoutes(sql, [orderId]))[0];
}

/** The database's clock, in whole ms: read behind the locks, so that times follow the order in which things are decided. */
export async function clockOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ now_ms: number }>(
    'select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms',
  );
  return row?.now_ms ?? Number.NaN;
}
