import type { Sql } from '@waygraph/kit/database';
import { publish } from '@waygraph/kit/outbox';
import { heldLines, type Change, type OrderStock, type Reservation } from './reservation.ts';
import type { AssignedLine, Shelf } from './shelf.ts';

export type OrderParties = { orderId: string; customerId: string; sellerIds: readonly string[] };
type Locked = { order: Omit<OrderStock, 'reservations'>; nowMs: number };

/**
 * Loads an order's stock, decides, saves, tells; in the caller's transaction. Everybody locks in this order: the order's row, then
 * shelves by product and seller; so two orders that cross wait, but never for each other. `alsoLock` are lines whose shelves the
 * decision needs beside those of what is held; `nowMs` is the database's clock. Gives the change, or undefined when there was none.
 */
export async function changeOrderStock(
  sql: Sql,
  parties: OrderParties,
  alsoLock: readonly AssignedLine[],
  decide: (order: OrderStock, shelves: readonly Shelf[], nowMs: number) => Change | undefined,
): Promise<Change | undefined> {
  const locked = await lockOrder(sql, parties);
  const order = { ...locked.order, reservations: await readReservations(sql, parties.orderId) };
  const shelves = await lockShelves(sql, [...alsoLock, ...heldLines(order)]);
  const change = decide(order, shelves, locked.nowMs);
  if (change !== undefined) await save(sql, change);
  return change;
}

/** One statement makes the row or waits for whoever has it; the update that changes nothing is the lock. */
async function lockOrder(sql: Sql, { orderId, customerId, sellerIds }: OrderParties): Promise<Locked> {
  type Row = Omit<OrderStock, 'reservations' | 'version'> & { version: string; nowMs: string };
  const [row] = await sql<Row>(
    `insert into order_stock as o (order_id, customer_id, seller_ids) values ($1, $2, $3)
     on conflict (order_id) do update set customer_id = o.customer_id
     returning order_id as "orderId", customer_id as "customerId", seller_ids as "sellerIds", paid, version,
       (extract(epoch from clock_timestamp()) * 1000)::bigint as "nowMs"`,
    [orderId, customerId, sellerIds],
  );
  if (row === undefined) throw new Error('an upsert without a row');
  const { nowMs, version, ...order } = row;
  return { order: { ...order, version: Number(version) }, nowMs: Number(nowMs) };
}

const readReservations = (sql: Sql, orderId: string): Promise<Reservation[]> =>
  sql<Reservation>(
    'select attempt, state, lines, expires_at as "expiresAt" from reservations where order_id = $1 order by attempt',
    [orderId],
  );

async function lockShelves(sql: Sql, lines: readonly AssignedLine[]): Promise<Shelf[]> {
  if (lines.length === 0) return [];
  return sql<Shelf>(
    `select st.product_id as "productId", st.seller_id as "sellerId", st.available, se.status = 'ACTIVE' as "sellerActive"
     from stock st join sellers se on se.id = st.seller_id
     where (st.product_id, st.seller_id) in
       (select "productId", "sellerId" from jsonb_to_recordset($1::jsonb) as line("productId" text, "sellerId" text))
     order by st.product_id, st.seller_id
     for update of st`,
    [JSON.stringify(lines)],
  );
}

async function save(sql: Sql, { order, reservations, moves, events }: Change): Promise<void> {
  if (moves.length > 0) {
    await sql(
      `update stock s set available = s.available + m.available, reserved = s.reserved + m.reserved, sold = s.sold + m.sold,
         version = s.version + 1, updated_at = now()
       from jsonb_to_recordset($1::jsonb)
         as m("productId" text, "sellerId" text, available int, reserved int, sold int)
       where s.product_id = m."productId" and s.seller_id = m."sellerId"`,
      [JSON.stringify(moves)],
    );
  }
  await sql(
    `with answers as (
       insert into reservations (order_id, attempt, state, lines, expires_at)
       select $1, attempt, state, lines, "expiresAt"
       from jsonb_to_recordset($5::jsonb) as r(attempt int, state text, lines jsonb, "expiresAt" timestamptz)
       on conflict (order_id, attempt) do update set state = excluded.state, updated_at = now()
     )
     update order_stock set version = $2, paid = $3, seller_ids = $4, updated_at = now() where order_id = $1`,
    [order.orderId, order.version, order.paid, order.sellerIds, JSON.stringify(reservations)],
  );
  await publish(sql, events);
}
