import type { Sql } from '@waygraph/kit/database';
import { decideCancel, tombstoneOf } from './cancellation.ts';
import type { Delivery } from './delivery.ts';
import { clockOf, lockOrder } from './load-route.ts';
import { cancelAll, type OrderRoute, type RouteChange } from './order-route.ts';
import { insertChange, saveChanges } from './save-route.ts';

export type EndedOrder = {
  readonly orderId: string;
  readonly customerId: string;
  readonly sellerIds: readonly string[];
};

/**
 * An order ends without delivery: its parcels are cancelled, and whatever comes later chooses nobody any more. `asked` is what the
 * order waits for an answer to; undefined: it does not wait.
 */
export const cancelDeliveries = (
  sql: Sql,
  order: EndedOrder,
  asked: { attempt: number; reason: string; again?: boolean } | undefined,
): Promise<void> => decide(sql, order, (route, deliveries) => cancelAll(route, deliveries, asked));

/** The customer calls the order off: DeliveryCancelled, or CancelRefused since a parcel was handed over. */
export const requestCancel = (sql: Sql, order: EndedOrder, reason = 'cancelled by the customer'): Promise<void> =>
  decide(sql, order, (route, deliveries) => decideCancel(route, deliveries, { reason }));

/** Under the order's lock. One that is not known here is remembered as cancelled, so that it begins no more. */
async function decide(
  sql: Sql,
  order: EndedOrder,
  by: (route: OrderRoute, deliveries: readonly Delivery[]) => RouteChange | undefined,
): Promise<void> {
  for (;;) {
    const known = await lockOrder(sql, order.orderId);
    if (known !== undefined) {
      const change = by(known.route, known.deliveries);
      if (change !== undefined) await saveChanges(sql, [change]);
      return;
    }
    const route = tombstoneOf(order, await clockOf(sql));
    const change = by(route, []) ?? { route, deliveries: [], events: [] };
    // Not new: it has come this very moment.
    if (await insertChange(sql, change, {})) return;
  }
}
