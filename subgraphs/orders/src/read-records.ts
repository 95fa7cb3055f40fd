import type { Viewer } from '@waygraph/kit/auth';
import type { Sql } from '@waygraph/kit/database';
import type { OrderStatus } from './order.ts';
import type { LogRecord } from './types.generated.ts';

type Row = {
  id: string;
  customer_id: string;
  seller_ids: string[];
  status: OrderStatus;
  version: string;
  last_event_id: string;
  last_event_type: string;
  last_event_us: string;
};

const recordOf = ({ id, version, last_event_us, ...row }: Row): LogRecord => ({
  eventId: row.last_event_id,
  type: row.last_event_type,
  key: id,
  seq: Number(version),
  at: new Date(Number(last_event_us) / 1000),
  payload: JSON.stringify({
    orderId: id,
    customerId: row.customer_id,
    sellerIds: row.seller_ids,
    status: row.status,
    version: Number(version),
  }),
});

/** The newest event of each order that fits, with the order's present state, oldest order first. */
async function readRecords(sql: Sql, condition: string, value: string): Promise<LogRecord[]> {
  if (value.includes('\0')) return [];
  const rows = await sql<Row>(
    `select o.id, o.customer_id, o.seller_ids, o.status, o.version, o.last_event_id, o.last_event_type, o.last_event_us
     from orders o where ${condition} order by o.placed_at, o.id`,
    [value],
  );
  return rows.map(recordOf);
}

const ofSeller = 'o.id in (select l.order_id from lines l where l.seller_id = $1)';

export async function orderRecords(sql: Sql, viewer: Viewer | undefined, orderId: string): Promise<LogRecord[]> {
  const [row] = await readRecords(sql, 'o.id = $1', orderId);
  if (row === undefined || viewer === undefined) return [];
  const { customerId, sellerIds } = JSON.parse(row.payload) as { customerId: string; sellerIds: string[] };
  const isSeen = { operator: true, carrier: false, customer: customerId === viewer.sub };
  return (viewer.role === 'seller' ? sellerIds.includes(viewer.sub) : isSeen[viewer.role]) ? [row] : [];
}

export async function customerOrderRecords(sql: Sql, viewer: Viewer | undefined): Promise<LogRecord[]> {
  return viewer?.role === 'customer' ? readRecords(sql, 'o.customer_id = $1', viewer.sub) : [];
}

export async function sellerOrderRecords(sql: Sql, viewer: Viewer | undefined, sellerId: string): Promise<LogRecord[]> {
  const maySee = viewer?.role === 'operator' || (viewer?.role === 'seller' && viewer.sub === sellerId);
  return maySee ? readRecords(sql, ofSeller, sellerId) : [];
}
