import type { Sql } from '@waygraph/kit/database';
import { remembering, requestParameters, type Request } from '@waygraph/kit/idempotency';
import { insertRows } from '@waygraph/kit/outbox';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { subtotalOf, type Address } from './order.ts';
import type { SagaOrder } from './saga-state.ts';
import { deadlineAtOf } from './save-order.ts';
import { intoTimeline, publishedRows, timelineOfPublished } from './tell-timeline.ts';

/** Everything that is kept of a new order. */
export type NewOrder = SagaOrder & {
  readonly placedAt: Date;
  readonly allowPartial: boolean;
  readonly shipTo: Address;
};

/** The request that an order is placed by, and what it is answered. */
export type Answered = { readonly request: Request; readonly response: unknown };

/** So long the first request with a key is waited for. */
const keyWaitMs = 2_000;

/**
 * A new order with its saga and its first event, and the answer under the request's key: all of it by one statement. False, and nothing
 * is done, when there is an answer under this key. Rejects (55P03) when it is not known in time whether there will be one.
 */
export async function insertOrder(sql: Sql, order: NewOrder, event: OutboxEvent, answered: Answered): Promise<boolean> {
  const rows = await sql(
    `with waiting as materialized (select set_config('lock_timeout', $17, true)),
     mine as (${remembering(18)} from waiting on conflict do nothing returning key),
     published as (${insertRows} where exists (select from mine) returning id, key, topic, seq, type, occurred_us),
     told as (
       ${intoTimeline} ${timelineOfPublished}
       returning event_id, type, occurred_us
     ),
     line as (
       insert into lines (order_id, line_no, product_id, name, quantity, unit_price_minor)
       select $2, "lineNo", "productId", name, quantity, "unitPriceMinor"
       from mine, jsonb_to_recordset($3::jsonb)
         as given("lineNo" int, "productId" text, name text, quantity int, "unitPriceMinor" bigint)
     ),
     saga as (
       insert into saga_instances (order_id, status, attempt, steps, deadline_at)
       select $2, $4, $5, $6::jsonb, $7 from mine
     )
     insert into orders (id, customer_id, status, version, placed_at, payment_method, coupon_code, allow_partial, ship_to,
       subtotal_minor, last_event_id, last_event_type, last_event_us)
     select $2, $8, $9, $10, $11, $12, $13, $14, $15::jsonb, $16, event_id, type, occurred_us
     from told
     returning id`,
    [
      JSON.stringify(publishedRows([event])),
      ...[order.id, JSON.stringify(order.lines), order.saga, order.attempt, JSON.stringify(order.steps)],
      ...[deadlineAtOf(order), order.customerId, order.status, order.version, order.placedAt.toISOString()],
      ...[order.paymentMethod, order.couponCode, order.allowPartial, JSON.stringify(order.shipTo)],
      ...[subtotalOf(order.lines), String(keyWaitMs)],
      ...[...requestParameters(answered.request), JSON.stringify(answered.response)],
    ],
  );
  return rows.length === 1;
}
