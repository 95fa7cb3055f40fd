import type { Sql } from '@waygraph/kit/database';
import { assertNeverThere, followingFrom } from '@waygraph/kit/outbox';
import { lockOrders } from './load-route.ts';
import { startAll, type RouteChange } from './order-route.ts';
import { saveChanges } from './save-route.ts';

export type Confirmed = {
  readonly orderId: string;
  readonly attempt: number;
  /** Of the event that told of it. */
  readonly traceparent?: string | undefined;
};

/** Orders are confirmed as they were assigned by `attempt`: their sellers prepare their parcels. Three statements, however many. */
export async function startDeliveries(sql: Sql, confirmed: readonly Confirmed[]): Promise<void> {
  const { orders, now } = await lockOrders(sql, [...new Set(confirmed.map(({ orderId }) => orderId))]);
  // What starts an order leaves nothing for another confirmation of it to start.
  const changes = new Map<string, RouteChange>();
  for (const { orderId, attempt, traceparent } of confirmed) {
    const order = orders.get(orderId);
    if (order === undefined) assertNeverThere(orderId);
    const change = order && !changes.has(orderId) && startAll(order.route, order.deliveries, { attempt, now });
    if (change) changes.set(orderId, { ...change, events: followingFrom({ traceparent }, change.events) });
  }
  await saveChanges(sql, [...changes.values()]);
}
