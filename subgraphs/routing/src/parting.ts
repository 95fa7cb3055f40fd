import type { UserError } from '@waygraph/kit/errors';
import { AssignmentRejected, DeliveryLost } from '@waygraph/schema/events/delivery';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { end, type Delivery, type Ended } from './delivery.ts';
import { nextVersion, parcelOf, partiesOf, type OrderRoute, type RouteChange } from './order-route.ts';
import { excludeForGood } from './reassignment.ts';

/** How a parcel leaves its order by somebody's word. */
export type Parting =
  | { readonly kind: 'done'; readonly change: RouteChange; readonly delivery: Delivery }
  | { readonly kind: 'repeat'; readonly ended: Ended }
  | { readonly kind: 'refused'; readonly refusal: UserError };

type Said = { readonly reason: string; readonly now: number };

/** Its seller cannot send it, and is no candidate for the order any more. Whoever hears of it looks for others. */
export const rejectParcel = (route: OrderRoute, delivery: Delivery, { reason, now }: Said): Parting =>
  part(excludeForGood(route, delivery.sellerId), delivery, { how: 'REJECTED', seq: route.version + 1, at: now }, at =>
    AssignmentRejected.outboxEvent(
      {
        ...{ ...partiesOf(route), attempt: route.attempt, deliveryId: delivery.id, sellerId: delivery.sellerId },
        ...{ lineNos: lineNosOf(delivery), reason },
      },
      at,
    ),
  );

/** It will not arrive. */
export const loseParcel = (route: OrderRoute, delivery: Delivery, { reason, now }: Said): Parting =>
  part(route, delivery, { how: 'LOST', seq: route.version + 1, at: now }, at =>
    DeliveryLost.outboxEvent({ ...parcelOf(route, delivery), lineNos: lineNosOf(delivery), reason }, at),
  );

function part(route: OrderRoute, before: Delivery, ended: Ended, tell: (at: { seq: number }) => OutboxEvent): Parting {
  const decision = end(before, ended);
  if (decision.kind !== 'done') return decision;
  const delivery = nextVersion(decision.delivery);
  const { seq } = ended;
  return {
    ...{ kind: 'done', delivery },
    change: { route: { ...route, version: seq }, deliveries: [delivery], events: [tell({ seq })] },
  };
}

const lineNosOf = ({ lines }: Delivery): number[] => lines.map(({ lineNo }) => lineNo);
