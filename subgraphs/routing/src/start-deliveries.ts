import type { Sql } from '@waygraph/kit/database';
import { clockOf, lockRoute } from './load-route.ts';
import { startAll } from './order-route.ts';
import { readDeliveries } from './read-deliveries.ts';
import { saveChanges } from './save-route.ts';

/** An order is confirmed: its sellers prepare their parcels. */
export async function startDeliveries(sql: Sql, { orderId }: { orderId: string }): Promise<void> {
  const route = await lockRoute(sql, orderId);
  if (route === undefined) return;
  const change = startAll(route, await readDeliveries(sql, [orderId]), await clockOf(sql));
  if (change !== undefined) await saveChanges(sql, [change]);
}
