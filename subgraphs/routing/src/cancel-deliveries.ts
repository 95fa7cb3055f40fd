import type { Sql } from '@waygraph/kit/database';
import { lockRoute } from './load-route.ts';
import { cancelAll } from './order-route.ts';
import { readDeliveries } from './read-deliveries.ts';
import { saveChanges } from './save-route.ts';

/**
 * An order ends without delivery: its parcels are cancelled, and whatever comes later chooses nobody any more. `asked` is what the
 * order waits for an answer to; undefined: it does not wait.
 */
export async function cancelDeliveries(
  sql: Sql,
  { orderId }: { orderId: string },
  asked: { attempt: number; reason: string } | undefined,
): Promise<void> {
  const route = await lockRoute(sql, orderId);
  if (route === undefined) return;
  const change = cancelAll(route, await readDeliveries(sql, [orderId]), asked);
  if (change !== undefined) await saveChanges(sql, [change]);
}
