import type { Sql } from '@waygraph/kit/database';
import { orderColumns, orderOf, type OrderRow } from './read-orders.ts';
import { saveOrder, type LockedOrder } from './save-order.ts';
import type { Parcel, Step } from './saga-state.ts';
import type { Fact, SagaStatus } from './saga-table.ts';
import { decide } from './saga.ts';

type LockedRow = OrderRow & {
  revision: string;
  saga_status: SagaStatus;
  attempt: number;
  steps: Step[];
  parcels: Parcel[];
  paid_minor: string;
  now_ms: number;
};

/** The order under its row lock, which answers that come at the same moment wait for, and the database's clock. */
async function lockOrder(sql: Sql, orderId: string): Promise<{ order: LockedOrder; nowMs: number } | undefined> {
  // Alone: a statement that waits for a lock sees the other rows as they were before it waited.
  await sql('select from orders where id = $1 for update', [orderId]);
  const [row] = await sql<LockedRow>(
    `select ${orderColumns}, o.revision, s.status as saga_status, s.attempt, s.steps, s.parcels, s.paid_minor,
       (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
     from orders o join saga_instances s on s.order_id = o.id
     where o.id = $1`,
    [orderId],
  );
  if (row === undefined) return undefined;
  const { attempt, steps, parcels, saga_status: saga } = row;
  const kept = { saga, attempt, steps, parcels, paidMinor: Number(row.paid_minor), revision: Number(row.revision) };
  return { order: { ...orderOf(row), ...kept }, nowMs: Math.floor(row.now_ms) };
}

/**
 * Brings an order on by what another service tells: the one use case behind every fact. A repeat and a fact about an order that is
 * not there do nothing. Runs in the transaction that remembers the event.
 */
export async function advanceOrder(sql: Sql, fact: Fact): Promise<void> {
  const locked = await lockOrder(sql, fact.data.orderId);
  if (locked === undefined) return;
  const { order, events } = decide(locked.order, fact, locked.nowMs);
  if (order !== locked.order) await saveOrder(sql, locked.order, order, events);
}
