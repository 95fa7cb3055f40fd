import type { Sql } from '@waygraph/kit/database';
import { eachOf, eachTextOf } from '@waygraph/kit/json-rows';
import { followingFrom, fullRows, insertRows, type OutboxRow } from '@waygraph/kit/outbox';
import type { Change, OrderStock, Reservation } from './order-stock.ts';
import { afterMoves, sumOf, type AssignedLine, type Shelf } from './shelf.ts';

export type OrderParties = {
  readonly orderId: string;
  readonly customerId: string;
  readonly sellerIds: readonly string[];
};

/** A decision about one order. Besides the shelves of what the order has, it gets those of `wanted`. */
export type Question = {
  readonly parties: OrderParties;
  readonly wanted: readonly AssignedLine[];
  /** Of what asks. */
  readonly traceparent?: string | undefined;
  /** `nowMs` is the database's clock. */
  readonly decide: (order: OrderStock, shelves: readonly Shelf[], nowMs: number) => Change | undefined;
};

/**
 * Loads the stock of orders, decides one question after the other, saves, tells; in the caller's transaction and in three statements,
 * however many there are; in none without a question. Everybody locks in this order: orders' rows by id, then shelves by product and
 * seller; so orders that cross wait, but never for each other. Gives the changes there were.
 */
export async function changeOrderStock(sql: Sql, questions: readonly Question[]): Promise<Change[]> {
  if (questions.length === 0) return [];
  const orders = await lockOrders(
    sql,
    questions.map(({ parties }) => parties),
  );
  const { reservations, shelves, nowMs } = await lockShelves(
    sql,
    [...orders.keys()],
    questions.flatMap(({ wanted }) => wanted),
  );
  for (const [orderId, order] of orders)
    orders.set(orderId, { ...order, reservations: reservations.filter(known => known.orderId === orderId) });

  let present: readonly Shelf[] = shelves;
  const changes: Change[] = [];
  const told: OutboxRow[] = [];
  for (const { parties, traceparent, decide } of questions) {
    const order = orders.get(parties.orderId);
    const change = order && decide(order, present, nowMs);
    if (change === undefined) continue;
    orders.set(parties.orderId, change.order);
    present = afterMoves(present, change.moves);
    changes.push(change);
    told.push(...followingFrom({ traceparent }, change.events));
  }
  if (changes.length > 0) await save(sql, changes, told);
  return changes;
}

/** One statement makes the rows or waits for whoever has them; the update that changes nothing is the lock. */
async function lockOrders(sql: Sql, parties: readonly OrderParties[]): Promise<Map<string, OrderStock>> {
  type Row = Omit<OrderStock, 'reservations' | 'version' | 'cancelled'> & {
    version: string;
    cancelReason: string | null;
    releasedFor: number | null;
  };
  const first = new Map(parties.toReversed().map(one => [one.orderId, one]));
  const rows = await sql<Row>(
    `insert into order_stock as o (order_id, customer_id, seller_ids)
     select "orderId", "customerId", "sellerIds"
     from jsonb_to_recordset($1::jsonb) as given("orderId" text, "customerId" text, "sellerIds" text[])
     order by "orderId"
     on conflict (order_id) do update set customer_id = o.customer_id
     returning order_id as "orderId", customer_id as "customerId", seller_ids as "sellerIds", paid, version,
       cancel_reason as "cancelReason", released_for as "releasedFor", lost_line_nos as "lostLineNos"`,
    [
      JSON.stringify(
        [...first.values()].map(({ orderId, customerId, sellerIds }) => ({ orderId, customerId, sellerIds })),
      ),
    ],
  );
  return new Map(
    rows.map(({ version, cancelReason, releasedFor, ...row }) => {
      const cancelled = cancelReason === null ? null : { reason: cancelReason, releasedFor };
      return [row.orderId, { ...row, cancelled, version: Number(version), reservations: [] }];
    }),
  );
}

type Loaded = {
  readonly reservations: readonly (Reservation & { readonly orderId: string })[];
  readonly shelves: readonly Shelf[];
  readonly nowMs: number;
};

/**
 * A statement behind the orders' lock, so that it sees what whoever had it before has done. The shelves are those of `wanted` and of
 * all that the orders have; laterally, so that each is looked up and locked in its turn, whatever the planner takes the numbers for.
 */
async function lockShelves(sql: Sql, orderIds: readonly string[], wanted: readonly AssignedLine[]): Promise<Loaded> {
  const [loaded] = await sql<Omit<Loaded, 'nowMs'> & { nowMs: string }>(
    `with known as (
       select order_id as "orderId", attempt, state, lines, refusal,
         to_char(expires_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "expiresAt"
       from ${eachTextOf(1)} join reservations on order_id = it
     ), wanted as (
       select it ->> 'productId' as "productId", it ->> 'sellerId' as "sellerId" from ${eachOf(2)}
       union
       select line ->> 'productId', line ->> 'sellerId' from known, jsonb_array_elements(known.lines) as line
       where known.state in ('HELD', 'CONFIRMED')
     ), shelf as (
       select st.product_id as "productId", st.seller_id as "sellerId", st.available,
         (select se.status = 'ACTIVE' from sellers se where se.id = st.seller_id) as "sellerActive"
       from (select "productId", "sellerId" from wanted order by 1, 2) as one
         cross join lateral (
           select product_id, seller_id, available from stock
           where product_id = one."productId" and seller_id = one."sellerId" for update
         ) as st
     )
     select (select coalesce(jsonb_agg(known order by attempt), '[]') from known) as reservations,
       (select coalesce(jsonb_agg(shelf), '[]') from shelf) as shelves,
       floor(extract(epoch from clock_timestamp()) * 1000)::bigint as "nowMs"`,
    [JSON.stringify(orderIds), JSON.stringify(wanted.map(({ productId, sellerId }) => ({ productId, sellerId })))],
  );
  if (loaded === undefined) throw new Error('an aggregate without a row');
  return { ...loaded, nowMs: Number(loaded.nowMs) };
}

/** With what is told, in one statement: the order of its parts is nobody's business, and each touches rows of its own. */
async function save(sql: Sql, changes: readonly Change[], told: readonly OutboxRow[]): Promise<void> {
  // An order, or an attempt of it, that changed more than once is saved as it is at last.
  const orders = new Map(changes.map(({ order }) => [order.orderId, order]));
  const reservations = new Map(
    changes.flatMap(({ order: { orderId }, reservations: changed }) =>
      changed.map(one => [JSON.stringify([orderId, one.attempt]), { ...one, orderId }] as const),
    ),
  );
  await sql(
    `with told as (${insertRows}),
     moved as (
       update stock s set available = s.available + m.available, reserved = s.reserved + m.reserved, sold = s.sold + m.sold,
         version = s.version + 1, updated_at = now()
       from ${eachOf(2)}, jsonb_to_record(it) as m("productId" text, "sellerId" text, available int, reserved int, sold int)
       where s.product_id = m."productId" and s.seller_id = m."sellerId"
     ), answered as (
       insert into reservations (order_id, attempt, state, lines, expires_at, refusal)
       select "orderId", attempt, state, lines, "expiresAt", refusal
       from jsonb_to_recordset($3::jsonb)
         as r("orderId" text, attempt int, state text, lines jsonb, "expiresAt" timestamptz, refusal jsonb)
       on conflict (order_id, attempt) do update
         set state = excluded.state, lines = excluded.lines, expires_at = excluded.expires_at, refusal = excluded.refusal,
           updated_at = now()
     )
     update order_stock o set version = c.version, paid = c.paid, seller_ids = c."sellerIds", lost_line_nos = c."lostLineNos",
       cancel_reason = c.cancelled ->> 'reason', released_for = (c.cancelled ->> 'releasedFor')::int, updated_at = now()
     from ${eachOf(4)}, jsonb_to_record(it)
       as c("orderId" text, version bigint, paid boolean, "sellerIds" text[], "lostLineNos" int[], cancelled jsonb)
     where o.order_id = c."orderId"`,
    [
      JSON.stringify(fullRows(told)),
      JSON.stringify(sumOf(changes.flatMap(({ moves }) => moves))),
      JSON.stringify([...reservations.values()]),
      JSON.stringify([...orders.values()].map(order => ({ ...order, reservations: undefined }))),
    ],
  );
}
