import type { Viewer } from '@waygraph/kit/auth';
import { connection, type Connection, type Page } from '@waygraph/kit/connection';
import type { Sql } from '@waygraph/kit/database';
import { badUserInput } from '@waygraph/kit/graphql-errors';
import { parseInstant } from '@waygraph/kit/scalars';
import { seenBy, type Order, type OrderStatus } from './order.ts';
import { orderColumns, orderOf, type OrderRow } from './read-orders.ts';
import type { SagaStatus } from './saga-table.ts';

/** Page cursors of orders say that they are. */
export const orderList = 'orders';

export type OrderFilter = {
  status?: readonly OrderStatus[] | null | undefined;
  sagaStatus?: readonly SagaStatus[] | null | undefined;
  customerId?: string | null | undefined;
  /** RFC 3339, as they came. */
  placedFrom?: string | null | undefined;
  placedTo?: string | null | undefined;
};

function instantOf(text: string | null | undefined, argument: string): string | undefined {
  if (text === undefined || text === null) return undefined;
  const instant = parseInstant(text);
  if (instant === undefined)
    throw badUserInput(`${argument}: expected an instant like 2026-11-21T09:30:00.000Z`, argument);
  return instant.toISOString();
}

/** A cursor's place: when the order was placed, in ms, and its id. */
function placeOf(after: string): { placedAt: string; id: string } {
  // 14 digits end in the year 5138: more are no instant of ours, and none of PostgreSQL's.
  const [, ms, id] = /^(\d{1,14})_([\w-]{1,64})$/.exec(after) ?? [];
  if (ms === undefined || id === undefined) throw badUserInput('after: expected a cursor of this list', 'after');
  return { placedAt: new Date(Number(ms)).toISOString(), id };
}

/** A page of the orders that the viewer may see, newest first: one's own, a seller's with a line of theirs, operators' all. */
export async function listOrders(
  sql: Sql,
  viewer: Viewer | undefined,
  filter: OrderFilter,
  page: Page,
): Promise<Connection<Order>> {
  const params: unknown[] = [];
  const param = (value: unknown): string => `$${params.push(value)}`;
  const seen = [...whose(viewer, param), ...chosen(filter, param)].join(' and ');
  const after = page.after === undefined ? undefined : placeOf(page.after);
  const place = after && `(${param(after.placedAt)}::timestamptz, ${param(after.id)})`;
  const rows = await sql<OrderRow & { has_previous: boolean }>(
    `select ${orderColumns}, ${place ? `exists (select from orders o where ${seen} and (o.placed_at, o.id) >= ${place})` : 'false'} as has_previous
     from orders o
     where ${seen} ${place ? `and (o.placed_at, o.id) < ${place}` : ''}
     order by o.placed_at desc, o.id desc
     limit ${param(page.first + 1)}`,
    params,
  );
  const orders = rows.map(orderOf).flatMap(order => seenBy(viewer, order) ?? []);
  return connection(orderList, orders, page, {
    key: ({ placedAt, id }) => `${placedAt.getTime()}_${id}`,
    hasPrevious: rows[0]?.has_previous ?? after !== undefined,
  });
}

type Param = (value: unknown) => string;

function whose(viewer: Viewer | undefined, param: Param): string[] {
  if (viewer?.role === 'operator') return ['true'];
  if (viewer === undefined || viewer.role === 'carrier' || viewer.sub.includes('\0')) return ['false'];
  return viewer.role === 'customer'
    ? [`o.customer_id = ${param(viewer.sub)}`]
    : [`o.id in (select l.order_id from lines l where l.seller_id = ${param(viewer.sub)})`];
}

function chosen({ status, sagaStatus, customerId, ...placed }: OrderFilter, param: Param): string[] {
  const from = instantOf(placed.placedFrom, 'placedFrom');
  const to = instantOf(placed.placedTo, 'placedTo');
  return [
    ...(status ? [`o.status = any (${param(status)})`] : []),
    ...(sagaStatus
      ? [`exists (select from saga_instances s where s.order_id = o.id and s.status = any (${param(sagaStatus)}))`]
      : []),
    ...(typeof customerId === 'string' ? [`o.customer_id = ${param(customerId.replaceAll('\0', ''))}`] : []),
    ...(from === undefined ? [] : [`o.placed_at >= ${param(from)}`]),
    ...(to === undefined ? [] : [`o.placed_at < ${param(to)}`]),
  ];
}
