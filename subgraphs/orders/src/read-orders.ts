import type { Sql } from '@waygraph/kit/database';
import type { Address, Order, OrderLine, OrderStatus, PaymentMethod } from './order.ts';

/** A row of `orders` with its lines, as `orderColumns` reads it. */
export type OrderRow = {
  id: string;
  customer_id: string;
  status: OrderStatus;
  version: string;
  placed_ms: number;
  payment_method: PaymentMethod;
  coupon_code: string | null;
  ship_to: Address;
  discount_minor: string;
  cancel_reason: string | null;
  cancel_refused: string | null;
  lines: OrderLine[];
};

/** Of `orders o`. */
export const orderColumns = `o.id, o.customer_id, o.status, o.version, (extract(epoch from o.placed_at) * 1000)::float8 as placed_ms,
  o.payment_method, o.coupon_code, o.ship_to, o.discount_minor, o.cancel_reason, o.cancel_refused,
  (select jsonb_agg(jsonb_build_object('lineNo', l.line_no, 'productId', l.product_id, 'name', l.name, 'quantity', l.quantity,
     'unitPriceMinor', l.unit_price_minor, 'status', l.status, 'sellerId', l.seller_id) order by l.line_no)
   from lines l where l.order_id = o.id) as lines`;

export const orderOf = (row: OrderRow): Order => ({
  id: row.id,
  customerId: row.customer_id,
  status: row.status,
  version: Number(row.version),
  placedAt: new Date(row.placed_ms),
  lines: row.lines,
  discountMinor: Number(row.discount_minor),
  couponCode: row.coupon_code,
  paymentMethod: row.payment_method,
  cancelReason: row.cancel_reason,
  cancelRefused: row.cancel_refused,
  shipTo: row.ship_to,
  partly: false,
});

/** Orders in the order of the ids given; null: there is none. */
export async function readOrders(sql: Sql, ids: readonly string[]): Promise<(Order | null)[]> {
  const rows = await sql<OrderRow>(`select ${orderColumns} from orders o where o.id = any ($1)`, [
    ids.filter(id => !id.includes('\0')),
  ]);
  const orders = new Map(rows.map(row => [row.id, orderOf(row)]));
  return ids.map(id => orders.get(id) ?? null);
}
