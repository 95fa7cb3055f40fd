import type { Sql } from '@waygraph/kit/database';
import { assertNeverThere, insertRows, type OutboxRow } from '@waygraph/kit/outbox';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { sellersOf, subtotalOf, type Order } from './order.ts';
import { deadlineOf, type SagaOrder } from './saga-state.ts';
import {
  each,
  intoTimeline,
  publishedRows,
  timelineOfGiven,
  timelineOfPublished,
  toldOf,
  toldRows,
  unknownKeys,
  type Told,
} from './tell-timeline.ts';

/** An order as it was loaded under its lock. */
export type LockedOrder = SagaOrder & Order & { readonly revision: number };

/** What has become of an order since it was loaded, by so many decisions. */
export type Change = {
  readonly before: LockedOrder;
  readonly order: SagaOrder;
  readonly events: readonly OutboxRow[];
  readonly decisions: number;
};

/** Keeps a decision: the order's next state and its events. Rejects when somebody else changed it, which its lock forbids. */
export const saveOrder = (
  sql: Sql,
  before: LockedOrder,
  order: SagaOrder,
  events: readonly OutboxEvent[],
): Promise<void> => saveOrders(sql, [{ before, order, events, decisions: 1 }]);

/**
 * The same of any number of orders, each once, by one statement; and what others have `told`, as `tellTimeline` does. The events go
 * to the outbox and to the timeline.
 */
export async function saveOrders(sql: Sql, changes: readonly Change[], told: readonly Told[] = []): Promise<void> {
  const saved = changes.map(({ events, ...change }) => ({ ...change, rows: publishedRows(events) }));
  const published = saved.flatMap(({ rows }) => rows);
  const lines = changes.flatMap(changedLines);
  // Most decisions tell nothing and change no line: a part without rows costs the server as much as one with a row.
  const parameters = published.length === 0 ? [] : [JSON.stringify(published)];
  const add = (json: string): number => parameters.push(json);
  const parts = [
    ...(published.length === 0
      ? []
      : [`published as (${insertRows} returning id, key, topic, seq, type, occurred_us)`]),
    `given as materialized (${toldRows(add(toldOf(told)))})`,
    `told as (${intoTimeline} ${published.length === 0 ? '' : `${timelineOfPublished} union all`} ${timelineOfGiven}
       on conflict do nothing)`,
    `change as materialized (${changeRows(add(JSON.stringify(saved.map(stateOf))))})`,
    ...(lines.length === 0 ? [] : [`line as (${updateLines(add(JSON.stringify(lines)))})`]),
    `saga as (${updateSagas})`,
    `changed as (${updateOrders(published.length > 0)} returning o.id)`,
  ];
  const [row] = await sql<{ changed: string[]; unknown: string[] }>(
    `with ${parts.join(', ')} select array(select id from changed) as changed, ${unknownKeys} as unknown`,
    parameters,
  );
  const missed = changes.filter(({ order }) => row?.changed.includes(order.id) !== true);
  if (missed.length > 0)
    throw new Error(`changed in spite of their locks: ${missed.map(({ order }) => order.id).join(', ')}`);
  row?.unknown.forEach(assertNeverThere);
}

const changeRows = (parameter: number): string =>
  `select c.* from ${each(parameter)}, jsonb_to_record(it) as c(id text, status text, version bigint, decisions int, "sellerIds" text[],
     "subtotalMinor" bigint, "discountMinor" bigint, "cancelReason" text, "cancelRefused" text, "eventId" uuid, "eventType" text,
     "wasStatus" text, "wasVersion" bigint, "wasRevision" bigint, saga text, attempt int, steps jsonb, parcels jsonb, untold jsonb,
     "paidMinor" bigint, "refundedMinor" bigint, "settledMinor" bigint, "deadlineAt" timestamptz)`;

const updateLines = (parameter: number): string =>
  `update lines l set status = c.status, seller_id = c."sellerId"
   from ${each(parameter)}, jsonb_to_record(it) as c("orderId" text, "lineNo" int, status text, "sellerId" text)
   where l.order_id = c."orderId" and l.line_no = c."lineNo"`;

const updateSagas = `update saga_instances s set status = c.saga, attempt = c.attempt, steps = c.steps, parcels = c.parcels,
    untold = c.untold, paid_minor = c."paidMinor", refunded_minor = c."refundedMinor", settled_minor = c."settledMinor",
    deadline_at = c."deadlineAt", updated_at = now()
  from change c where s.order_id = c.id`;

const updateOrders = (arePublished: boolean): string =>
  `update orders o set status = c.status, version = c.version, revision = o.revision + c.decisions, seller_ids = c."sellerIds",
     subtotal_minor = c."subtotalMinor", discount_minor = c."discountMinor", cancel_reason = c."cancelReason",
     cancel_refused = c."cancelRefused", updated_at = now()${
       arePublished
         ? `, last_event_id = coalesce(c."eventId", o.last_event_id), last_event_type = coalesce(c."eventType", o.last_event_type),
     last_event_us = coalesce(p.occurred_us, o.last_event_us)`
         : ''
     }
   from change c ${arePublished ? 'left join published p on p.id = c."eventId"' : ''}
   where o.id = c.id and o.status = c."wasStatus" and o.version = c."wasVersion" and o.revision = c."wasRevision"`;

const stateOf = ({
  before,
  order,
  decisions,
  rows,
}: Omit<Change, 'events'> & { readonly rows: ReturnType<typeof publishedRows> }) => ({
  ...{ id: order.id, status: order.status, version: order.version, decisions, sellerIds: sellersOf(order.lines) },
  ...{ subtotalMinor: subtotalOf(order.lines), discountMinor: order.discountMinor },
  ...{ cancelReason: order.cancelReason, cancelRefused: order.cancelRefused },
  ...{ eventId: rows.at(-1)?.id, eventType: rows.at(-1)?.type },
  ...{ wasStatus: before.status, wasVersion: before.version, wasRevision: before.revision },
  ...{ saga: order.saga, attempt: order.attempt, steps: order.steps, parcels: order.parcels, untold: order.untold },
  ...{ paidMinor: order.paidMinor, refundedMinor: order.refundedMinor, settledMinor: order.settledMinor },
  deadlineAt: deadlineAtOf(order),
});

/** The order's next deadline, as the database takes it. */
export function deadlineAtOf(order: SagaOrder): string | null {
  const ms = deadlineOf(order);
  return ms === null ? null : new Date(ms).toISOString();
}

const changedLines = ({ before, order }: Change) =>
  order.lines
    .filter(line => !before.lines.includes(line))
    .map(({ lineNo, status, sellerId }) => ({ orderId: order.id, lineNo, status, sellerId }));
