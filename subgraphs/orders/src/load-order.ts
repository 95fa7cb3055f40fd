import type { Sql } from '@waygraph/kit/database';
import { orderColumns, orderOf, type OrderRow } from './read-orders.ts';
import type { LockedOrder } from './save-order.ts';
import type { Dropped, Parcel, Step } from './saga-state.ts';
import type { SagaStatus } from './saga-table.ts';

type LockedRow = OrderRow & {
  revision: string;
  seen_revision: string;
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

/** An order under its row lock, and the database's clock. */
export type Locked = { readonly order: LockedOrder; readonly nowMs: number };

/**
 * Orders under their row locks, which whoever changes one of them at the same moment waits for; taken in the order of their ids. Those
 * that are not there are left out, `skipLocked` also those that somebody is changing.
 */
export async function lockOrders(
  sql: Sql,
  orderIds: readonly string[],
  options: { skipLocked?: boolean } = {},
): Promise<Map<string, Locked>> {
  const rows = await readRows(sql, orderIds, `for update of o ${options.skipLocked ? 'skip locked' : ''}`);
  // A statement that waited for a lock gives the order's own row anew, but lines and saga as they were when it began. Whoever changes
  // those changes the revision too: where it is still the one that was there at the beginning, all of it is as it is now.
  const late = rows.filter(row => row.revision !== row.seen_revision).map(({ id }) => id);
  const anew = late.length === 0 ? [] : await readRows(sql, late);
  return new Map([...rows, ...anew].map(row => [row.id, lockedOf(row)]));
}

/** One order, as `lockOrders` gives it. */
export async function lockOrder(
  sql: Sql,
  orderId: string,
  options: { skipLocked?: boolean } = {},
): Promise<Locked | undefined> {
  return (await lockOrders(sql, [orderId], options)).get(orderId);
}

/**
 * Of an array that a statement makes, the planner expects the same number whatever it holds: so that it settles for one plan, and does
 * not make another one each time.
 */
const readRows = (sql: Sql, orderIds: readonly string[], lock = ''): Promise<LockedRow[]> =>
  sql<LockedRow>(
    `select ${orderColumns}, o.revision, (select seen.revision from orders seen where seen.id = o.id) as seen_revision,
       s.status as saga_status, s.attempt, s.steps, s.parcels, s.untold, s.paid_minor, s.refunded_minor, s.settled_minor,
       (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
     from orders o join saga_instances s on s.order_id = o.id
     where o.id = any (array(select unnest($1::text[])))
     order by o.id ${lock}`,
    [orderIds],
  );

function lockedOf(row: LockedRow): Locked {
  const { attempt, steps, parcels, untold, saga_status: saga } = row;
  const saved = {
    ...{ saga, attempt, steps, parcels, untold, revision: Number(row.revision), paidMinor: Number(row.paid_minor) },
    ...{ refundedMinor: Number(row.refunded_minor), settledMinor: Number(row.settled_minor) },
  };
  return { order: { ...orderOf(row), ...saved }, nowMs: Math.floor(row.now_ms) };
}
