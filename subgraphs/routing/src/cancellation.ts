import { CancelRefused, SellerUnavailable } from '@waygraph/schema/events/delivery';
import { sellerAssigned } from './assignment.ts';
import { counts, wasSent, type Delivery } from './delivery.ts';
import { cancelAll, partiesOf, type OrderRoute, type RouteChange } from './order-route.ts';

/** What is kept of an order that ended before it was known here: whatever comes later finds it cancelled. */
export const tombstoneOf = (
  order: { readonly orderId: string; readonly customerId: string; readonly sellerIds: readonly string[] },
  now: number,
): OrderRoute => ({
  ...{ orderId: order.orderId, customerId: order.customerId, sellerIds: order.sellerIds },
  ...{ version: 0, state: 'CANCELLED', attempt: 0, lines: [], droppedLineNos: [], excluded: {}, allowPartial: false },
  ...{ located: null, placedAt: now, promisedAt: null, cancelledAttempt: null, stockRefusals: 0 },
  ...{ unservedLineNos: [], endReason: null },
});

/**
 * The customer wants no parcel any more. Here alone it is decided whether it is too late for that. `again`: the answer is told once more
 * when it was told before.
 */
export function decideCancel(
  route: OrderRoute,
  deliveries: readonly Delivery[],
  asked: { readonly reason: string; readonly again?: boolean },
): RouteChange | undefined {
  const { again = false } = asked;
  // Events count attempts from 1.
  const attempt = Math.max(route.attempt, 1);
  if (route.cancelledAttempt !== null)
    return again
      ? cancelAll(route, deliveries, {
          attempt: route.cancelledAttempt,
          reason: route.endReason ?? asked.reason,
          again,
        })
      : undefined;
  if (route.state !== 'UNAVAILABLE' && deliveries.some(wasSent)) {
    const version = route.version + 1;
    const data = { ...partiesOf(route), attempt, reason: 'a parcel was handed over to the carrier' };
    return {
      ...{ route: { ...route, version }, deliveries: [] },
      events: [CancelRefused.outboxEvent(data, { seq: version })],
    };
  }
  return cancelAll(route, deliveries, { attempt, reason: asked.reason });
}

/**
 * Who waits for the assignment did not hear of it: it is told again as it is, by a new event. Undefined when every parcel got lost: then
 * nobody waits for one.
 */
export function tellAgain(
  route: OrderRoute,
  deliveries: readonly Delivery[],
  asked: { readonly attempt: number },
): RouteChange | undefined {
  const { attempt, endReason } = route;
  const reason = endReason ?? 'the order is cancelled';
  if (route.state === 'CANCELLED') {
    const answered = { attempt: route.cancelledAttempt ?? asked.attempt, reason, again: true };
    return cancelAll(route, deliveries, answered);
  }
  if (route.state !== 'UNAVAILABLE' && !deliveries.some(counts)) return undefined;
  const at = { seq: route.version + 1 };
  const told =
    route.state === 'UNAVAILABLE'
      ? SellerUnavailable.outboxEvent({ ...partiesOf(route), attempt, lineNos: [...route.unservedLineNos], reason }, at)
      : sellerAssigned(route, deliveries, at);
  return { route: { ...route, version: at.seq }, deliveries: [], events: [told] };
}
