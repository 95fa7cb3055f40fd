import { withTransaction, sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import { lockOrder } from './load-order.ts';
import { timeOut } from './saga.ts';
import { saveOrder } from './save-order.ts';

/**
 * Asks again, or gives up, where an answer is overdue by the database's clock; gives the number of orders it changed. Several
 * processes may do it at once: an order that somebody is changing is left for the next turn. `onFault` hears of orders that could not
 * be brought on; the others are.
 */
export async function enforceDeadlines(
  pool: Pool,
  options: {
    stepTimeoutMs?: number | undefined;
    onFault?: (orderId: string, error: unknown) => void;
    /** Asked before each order; what it throws ends the turn, too. It can know only of what its own process has read. */
    mayGoOn?: () => boolean;
    /** So many are looked up at once. Default 200. */
    mostAtOnce?: number;
  } = {},
): Promise<number> {
  const { mayGoOn = () => true, mostAtOnce = 200 } = options;
  let changed = 0;
  let last: Overdue | undefined;
  const overdue = () => readOverdue(sqlOfPool(pool), last, mostAtOnce);
  // Those that stay where they are must not keep the others out.
  for (let found = await overdue(); found.length > 0; found = await overdue()) {
    for (const { order_id: orderId } of found) {
      if (!mayGoOn()) return changed;
      try {
        if (await enforceDeadline(pool, orderId, options.stepTimeoutMs)) changed += 1;
      } catch (error) {
        if (options.onFault === undefined) throw error;
        options.onFault(orderId, error);
      }
    }
    last = found.at(-1);
    if (found.length < mostAtOnce) break;
  }
  return changed;
}

/** `deadline` as text, to the microsecond. */
type Overdue = { order_id: string; deadline: string };

/** The longest overdue behind the last one; not those of which an answer may be among what was put aside. */
const readOverdue = (sql: Sql, last: Overdue | undefined, limit: number): Promise<Overdue[]> =>
  sql<Overdue>(
    `select s.order_id, s.deadline_at::text as deadline from saga_instances s
     where s.is_timed and s.deadline_at <= clock_timestamp()
       and ($1::timestamptz is null or (s.deadline_at, s.order_id) > ($1::timestamptz, $2::text))
       and not exists (select from parked_keys k where k.consumer_group = 'orders' and k.key = s.order_id)
     order by s.deadline_at, s.order_id
     limit $3`,
    [last?.deadline ?? null, last?.order_id ?? null, limit],
  );

const enforceDeadline = (pool: Pool, orderId: string, stepTimeoutMs?: number): Promise<boolean> =>
  withTransaction(pool, async sql => {
    const locked = await lockOrder(sql, orderId, { skipLocked: true });
    if (locked === undefined) return false;
    const { order, events } = timeOut(locked.order, locked.nowMs, stepTimeoutMs);
    if (order === locked.order) return false;
    await saveOrder(sql, locked.order, order, events);
    return true;
  });
