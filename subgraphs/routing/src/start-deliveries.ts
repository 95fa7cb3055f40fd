import type { Sql } from '@waygraph/kit/database';
import { assertNeverThere } from '@waygraph/kit/outbox';
import { clockOf, lockOrder } from './load-route.ts';
import { startAll } from './order-route.ts';
import { saveChanges } from './save-route.ts';

/** An order is confirmed as it was assigned by `attempt`: its sellers prepare their parcels. */
export async function startDeliveries(
  sql: Sql,
  { orderId, attempt }: { orderId: string; attempt: number },
): Promise<void> {
  const order = await lockOrder(sql, orderId);
  if (order === undefined) {
    assertNeverThere(orderId);
    return;
  }
  const change = startAll(order.route, order.deliveries, { attempt, now: await clockOf(sql) });
  if (change !== undefined) await saveChanges(sql, [change]);
}
