import type { Sql } from '@waygraph/kit/database';
import { orderColumns, orderOf, type OrderRow } from './read-orders.ts';
import type { LockedOrder } from './save-order.ts';
import type { Dropped, Parcel, Step } from './saga-state.ts';
import type { SagaStatus } from './saga-table.ts';

type LockedRow = OrderRow & {
  revision: string;
  saga_status: SagaStatus;
  attempt: number;
  steps: Step[];
  parcels: Parcel[];
  untold: Dropped[];
  paid_minor: string;
  refunded_minor: string;
  settled_minor: string;
  now_ms: number;
};

/** The order under its row lock, which whoever changes it at the same moment waits for, and the database's clock. */
export async function lockOrder(
  sql: Sql,
  orderId: string,
  options: { skipLocked?: boolean } = {},
): Promise<{ order: LockedOrder; nowMs: number } | undefined> {
  // Alone: a statement that waits for a lock sees the other rows as they were before it waited.
  const locked = await sql(`select from orders where id = $1 for update ${options.skipLocked ? 'skip locked' : ''}`, [
    orderId,
  ]);
  if (locked.length === 0) return undefined;
  const [row] = await sql<LockedRow>(
    `select ${orderColumns}, o.revision, s.status as saga_status, s.attempt, s.steps, s.parcels, s.untold, s.paid_minor,
       s.refunded_minor, s.settled_minor, (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
     from orders o join saga_instances s on s.order_id = o.id
     where o.id = $1`,
    [orderId],
  );
  if (row === undefined) return undefined;
  const { attempt, steps, parcels, untold, saga_status: saga } = row;
  const saved = {
    ...{ saga, attempt, steps, parcels, untold, revision: Number(row.revision), paidMinor: Number(row.paid_minor) },
    ...{ refundedMinor: Number(row.refunded_minor), settledMinor: Number(row.settled_minor) },
  };
  return { order: { ...orderOf(row), ...saved }, nowMs: Math.floor(row.now_ms) };
}
