import type { Sql } from '@waygraph/kit/database';
import { eachTextOf } from '@waygraph/kit/json-rows';
import type { CouponBook, WalletBook } from './books.ts';
import { mayHaveRefunds, stateOf, type OrderPaymentRow, type RefundRow } from './order-payment-row.ts';
import type { OrderPayment } from './order-payment.ts';

const texts = (values: readonly string[]): string => JSON.stringify([...new Set(values)]);

/**
 * Orders' rows by id, then wallets by theirs, each looked up and locked in its turn; no wallet whose orders are all paid by card. While
 * an order is missing no wallet is locked: its row has to be made first, or to be waited for. What a row says is what whoever had it
 * before has left.
 */
export async function lockRows(
  sql: Sql,
  orderIds: readonly string[],
  customerIds: readonly string[],
): Promise<{ rows: OrderPaymentRow[]; wallets: Map<string, WalletBook | null> }> {
  const [locked] = await sql<{ rows: OrderPaymentRow[]; wallets: WalletBook[] }>(
    `with known as (
       select row.* from (select it as id from ${eachTextOf(1)} order by 1) as one
       cross join lateral (select * from order_payments where order_id = one.id for no key update) as row
     ), wallet as (
       select row.* from (
         select it as id from ${eachTextOf(2)}
         where (select count(*) from known) = jsonb_array_length($1::jsonb)
           and it not in (
             select customer_id from known group by 1 having bool_and(payment_method is not distinct from 'CARD')
           )
         order by 1
       ) as one
       cross join lateral (
         select customer_id as "customerId", balance_minor as "balanceMinor", version, untold from accounts
         where customer_id = one.id for no key update
       ) as row
     )
     select (select coalesce(jsonb_agg(known), '[]') from known) as rows,
       (select coalesce(jsonb_agg(wallet), '[]') from wallet) as wallets`,
    [texts(orderIds), texts(customerIds)],
  );
  if (locked === undefined) throw new Error('an aggregate without a row');
  const found = new Map(locked.wallets.map(wallet => [wallet.customerId, wallet]));
  return { rows: locked.rows, wallets: new Map(customerIds.map(id => [id, found.get(id) ?? null])) };
}

/**
 * Makes rows of orders that nothing was heard of, whole where the order itself is told. Of two that come first at once, one inserts; the
 * other waits for it here and gets what it left: the update that changes nothing is the lock.
 */
export async function makeRows(
  sql: Sql,
  orders: readonly { readonly orderId: string; readonly customerId: string; readonly placed: OrderPayment['placed'] }[],
): Promise<OrderPaymentRow[]> {
  const made = await sql<{ row: OrderPaymentRow }>(
    `insert into order_payments as o (order_id, customer_id, method, coupon_code, lines)
     select "orderId", "customerId", method, "couponCode", lines
     from jsonb_to_recordset($1::jsonb)
       as given("orderId" text, "customerId" text, method text, "couponCode" text, lines jsonb)
     order by "orderId"
     on conflict (order_id) do update set customer_id = o.customer_id
     returning to_jsonb(o) as row`,
    [JSON.stringify(orders.map(({ orderId, customerId, placed }) => ({ orderId, customerId, ...placed })))],
  );
  return made.map(({ row }) => row);
}

/** By a statement behind the rows' locks: in one with them they would be those from before the wait for it. */
export async function withRefunds(sql: Sql, rows: readonly OrderPaymentRow[]): Promise<Map<string, OrderPayment>> {
  const ids = rows.filter(mayHaveRefunds).map(row => row.order_id);
  const refunds =
    ids.length === 0
      ? []
      : await sql<RefundRow>('select * from refunds where order_id = any ($1) order by created_at, id', [ids]);
  const byOrder = Map.groupBy(refunds, refund => refund.order_id);
  return new Map(rows.map(row => [row.order_id, stateOf(row, byOrder.get(row.order_id) ?? [])]));
}

/** The order as it is now, unlocked: what is decided on it has to be looked at again under its lock. */
export async function readOrderPayment(sql: Sql, orderId: string): Promise<OrderPayment | undefined> {
  const rows = await sql<OrderPaymentRow>('select * from order_payments where order_id = $1', [orderId]);
  return (await withRefunds(sql, rows)).get(orderId);
}

/** Coupons by code; whether one has expired is asked behind its lock, on the clock of then. */
export async function lockCoupons(sql: Sql, codes: readonly string[]): Promise<Map<string, CouponBook | null>> {
  if (codes.length === 0) return new Map();
  const rows = await sql<CouponBook>(
    `with known as (
       select row.* from (select it as code from ${eachTextOf(1)} order by 1) as one
       cross join lateral (select * from coupons where code = one.code for no key update) as row
     )
     select code, percent_off as "percentOff", amount_off_minor::float8 as "amountOffMinor", quota, used,
       coalesce(expires_at <= clock_timestamp(), false) as expired
     from known`,
    [texts(codes)],
  );
  const found = new Map(rows.map(row => [row.code, row]));
  return new Map(codes.map(code => [code, found.get(code) ?? null]));
}

/** Orders that wait for no coupon, now or ever: an assignment is no news for them. */
export async function withoutCoupon(sql: Sql, orderIds: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ order_id: string }>(
    `select order_id from order_payments
     where order_id = any ($1) and method is not null and (coupon_code is null or coupon_state <> 'OPEN')`,
    [orderIds],
  );
  return new Set(rows.map(row => row.order_id));
}
