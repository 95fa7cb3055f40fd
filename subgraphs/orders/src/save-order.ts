import type { Sql } from '@waygraph/kit/database';
import { fullRows, insertRows } from '@waygraph/kit/outbox';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { sellersOf, subtotalOf, type Address, type Order } from './order.ts';
import { deadlineOf, type SagaOrder } from './saga-state.ts';
import { describe, type OrderFact } from './timeline.ts';

/** Everything that is kept of a new order. */
export type NewOrder = SagaOrder & {
  readonly placedAt: Date;
  readonly allowPartial: boolean;
  readonly shipTo: Address;
};

/** Publishes events and keeps them in the timeline, with the very time that the outbox gave them. */
const toldRows = `published as (${insertRows} returning id, key, topic, seq, type, occurred_us),
  told as (
    insert into timeline (order_id, event_id, topic, seq, type, source, detail, occurred_us)
    select key, id, topic, seq, type, 'orders', given.detail, occurred_us
    from published join jsonb_to_recordset($1::jsonb) as given(id uuid, detail text) using (id)
    returning event_id, type, seq, occurred_us
  )`;

const rowsOf = (events: readonly OutboxEvent[]): string =>
  JSON.stringify(
    fullRows(
      events.map(event => ({ ...event, detail: describe({ type: event.type, data: event.payload } as OrderFact) })),
    ),
  );

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A new order with its saga, and its first event. */
export async function insertOrder(sql: Sql, order: NewOrder, events: readonly OutboxEvent[]): Promise<void> {
  await sql(
    `with ${toldRows},
     line as (
       insert into lines (order_id, line_no, product_id, name, quantity, unit_price_minor)
       select $2, "lineNo", "productId", name, quantity, "unitPriceMinor"
       from jsonb_to_recordset($3::jsonb)
         as given("lineNo" int, "productId" text, name text, quantity int, "unitPriceMinor" bigint)
     ),
     saga as (
       insert into saga_instances (order_id, status, attempt, steps, deadline_at) values ($2, $4, $5, $6::jsonb, $7)
     )
     insert into orders (id, customer_id, status, version, placed_at, payment_method, coupon_code, allow_partial, ship_to,
       subtotal_minor, last_event_id, last_event_type, last_event_us)
     select $2, $8, $9, $10, $11, $12, $13, $14, $15::jsonb, $16, event_id, type, occurred_us
     from told order by seq desc limit 1`,
    [
      ...[
        rowsOf(events),
        order.id,
        JSON.stringify(order.lines),
        order.saga,
        order.attempt,
        JSON.stringify(order.steps),
      ],
      ...[timeOf(deadlineOf(order)), order.customerId, order.status, order.version, order.placedAt.toISOString()],
      ...[order.paymentMethod, order.couponCode, order.allowPartial, JSON.stringify(order.shipTo)],
      subtotalOf(order.lines),
    ],
  );
}

/** An order as it was loaded under its lock. */
export type LockedOrder = SagaOrder & Order & { readonly revision: number };

/** Keeps a decision: the order's next state and its events. Rejects when somebody else changed it, which its lock forbids. */
export async function saveOrder(
  sql: Sql,
  before: LockedOrder,
  order: SagaOrder,
  events: readonly OutboxEvent[],
): Promise<void> {
  const rows = await sql(
    `with ${toldRows},
     newest as (select event_id, type, occurred_us from told order by seq desc limit 1),
     line as (
       update lines l set status = given.status, seller_id = given."sellerId"
       from jsonb_to_recordset($3::jsonb) as given("lineNo" int, status text, "sellerId" text)
       where l.order_id = $2 and l.line_no = given."lineNo"
     ),
     saga as (
       update saga_instances set status = $4, attempt = $5, steps = $6::jsonb, parcels = $7::jsonb, paid_minor = $8, deadline_at = $9,
         refunded_minor = $19, settled_minor = $20, untold = $21::jsonb, updated_at = now()
       where order_id = $2
     )
     update orders set status = $10, version = $11, revision = revision + 1, seller_ids = $12, subtotal_minor = $13,
       discount_minor = $14, cancel_reason = $15, cancel_refused = $22, updated_at = now(),
       last_event_id = coalesce((select event_id from newest), last_event_id),
       last_event_type = coalesce((select type from newest), last_event_type),
       last_event_us = coalesce((select occurred_us from newest), last_event_us)
     where id = $2 and status = $16 and version = $17 and revision = $18
     returning id`,
    [
      ...[rowsOf(events), order.id, JSON.stringify(changedLines(before, order)), order.saga, order.attempt],
      ...[JSON.stringify(order.steps), JSON.stringify(order.parcels), order.paidMinor, timeOf(deadlineOf(order))],
      ...[order.status, order.version, sellersOf(order.lines), subtotalOf(order.lines), order.discountMinor],
      ...[order.cancelReason, before.status, before.version, before.revision],
      ...[order.refundedMinor, order.settledMinor, JSON.stringify(order.untold), order.cancelRefused],
    ],
  );
  if (rows.length !== 1) throw new Error(`order ${order.id} was changed in spite of its lock`);
}

const changedLines = (before: SagaOrder, after: SagaOrder) => after.lines.filter(line => !before.lines.includes(line));
