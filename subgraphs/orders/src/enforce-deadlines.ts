import { withTransaction, sqlOfPool, type Pool } from '@waygraph/kit/database';
import { lockOrder } from './load-order.ts';
import { timeOut } from './saga.ts';
import { saveOrder } from './save-order.ts';

/** So many orders are looked at in one turn. */
const mostAtOnce = 200;

/**
 * Asks again, or gives up, where an answer is overdue by the database's clock; gives the number of orders it changed. Several
 * processes may do it at once: an order that somebody is changing is left for the next turn. `onFault` hears of orders that could not
 * be brought on; the others are.
 */
export async function enforceDeadlines(
  pool: Pool,
  options: { stepTimeoutMs?: number | undefined; onFault?: (orderId: string, error: unknown) => void } = {},
): Promise<number> {
  const overdue = await sqlOfPool(pool)<{ order_id: string }>(
    `select order_id from saga_instances where is_timed and deadline_at <= clock_timestamp()
     order by deadline_at limit $1`,
    [mostAtOnce],
  );
  let changed = 0;
  for (const { order_id: orderId } of overdue) {
    try {
      if (await enforceDeadline(pool, orderId, options.stepTimeoutMs)) changed += 1;
    } catch (error) {
      if (options.onFault === undefined) throw error;
      options.onFault(orderId, error);
    }
  }
  return changed;
}

const enforceDeadline = (pool: Pool, orderId: string, stepTimeoutMs?: number): Promise<boolean> =>
  withTransaction(pool, async sql => {
    const locked = await lockOrder(sql, orderId, { skipLocked: true });
    if (locked === undefined) return false;
    const { order, events } = timeOut(locked.order, locked.nowMs, stepTimeoutMs);
    if (order === locked.order) return false;
    await saveOrder(sql, locked.order, order, events);
    return true;
  });
