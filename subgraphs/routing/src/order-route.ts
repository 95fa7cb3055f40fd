import type { OutboxEvent } from '@waygraph/schema/events/define';
import { DeliveryCancelled, DeliveryStarted, EtaChanged } from '@waygraph/schema/events/delivery';
import type { Line, Located } from './choose-sellers.ts';
import { cancel, isOpen, start, type Delivery, type Eta, type EtaReason } from './delivery.ts';
import { estimateAt } from './eta.ts';

/**
 * ASSIGNED: sellers are chosen, the newest choice is not confirmed yet. STARTED: it is, or parcels are further. UNAVAILABLE: nobody can
 * serve it. CANCELLED: it was called off. The last two are ends: its parcels end too, and whatever comes later chooses nobody.
 */
export type RouteState = 'ASSIGNED' | 'UNAVAILABLE' | 'STARTED' | 'CANCELLED';

/** What routing knows of an order. Times are ms since 1970. */
export type OrderRoute = {
  readonly orderId: string;
  readonly customerId: string;
  /** The seq of its newest event. */
  readonly version: number;
  readonly state: RouteState;
  readonly attempt: number;
  /** Everybody who serves it at present. */
  readonly sellerIds: readonly string[];
  readonly lines: readonly Line[];
  readonly droppedLineNos: readonly number[];
  /** Per line number the sellers that are out of the question. */
  readonly excluded: Readonly<Record<string, readonly string[]>>;
  readonly allowPartial: boolean;
  readonly located: Located | null;
  readonly placedAt: number;
  readonly promisedAt: number | null;
  readonly cancelledAttempt: number | null;
  /** So many of its assignments were refused by stock. */
  readonly stockRefusals: number;
  /** What was told when it became UNAVAILABLE, and why it became that or CANCELLED. */
  readonly unservedLineNos: readonly number[];
  readonly endReason: string | null;
};

/** Whether sellers are still chosen for it. */
export const isLive = ({ state }: Pick<OrderRoute, 'state'>): boolean => state === 'ASSIGNED' || state === 'STARTED';

/** An event with the id that it is to have, where a row refers to it. */
export type Told = OutboxEvent & { readonly id?: string };

/** What one decision changes: the route, some of its parcels, and what is told of it. */
export type RouteChange = {
  readonly route: OrderRoute;
  readonly deliveries: readonly Delivery[];
  readonly events: readonly Told[];
};

export type NewId = () => string;
type Sequence = { readonly seq: number };

export const iso = (ms: number): string => new Date(ms).toISOString();

export const partiesOf = ({ orderId, customerId, sellerIds }: OrderRoute) => ({
  orderId,
  customerId,
  sellerIds: [...sellerIds],
});

/** What every event of a parcel says. */
export const parcelOf = (route: OrderRoute, { id, sellerId, laneId }: Delivery) => ({
  ...partiesOf(route),
  ...{ deliveryId: id, sellerId, laneId },
});

export const estimateOf = ({ id, version, expectedAt, earliestAt, latestAt, promisedAt, computedAt, reason }: Eta) => ({
  ...{ etaId: id, version, expectedAt: iso(expectedAt), earliestAt: iso(earliestAt), latestAt: iso(latestAt) },
  ...(promisedAt === null ? {} : { promisedAt: iso(promisedAt) }),
  ...{ computedAt: iso(computedAt), reason },
});

/** The payload of the EtaChanged that told the parcel's newest estimate. */
export const etaChangedOf = (route: OrderRoute, delivery: Delivery) => ({
  ...parcelOf(route, delivery),
  eta: estimateOf(delivery.eta),
  ...(delivery.eta.previousExpectedAt === null ? {} : { previousExpectedAt: iso(delivery.eta.previousExpectedAt) }),
});

/** A new estimate for the parcel; `previous` is undefined for its first. */
export function estimate(
  { progress }: Pick<Delivery, 'progress'>,
  previous: Eta | undefined,
  given: { reason: EtaReason; now: number; seq: number; promisedAt: number | null },
  newId: NewId,
): Eta {
  const { expectedAt, earliestAt, latestAt, parts } = estimateAt(progress, new Date(given.now));
  return {
    ...{ id: newId(), version: (previous?.version ?? 0) + 1 },
    ...{ expectedAt: expectedAt.getTime(), earliestAt: earliestAt.getTime(), latestAt: latestAt.getTime() },
    ...{ promisedAt: given.promisedAt, computedAt: given.now, reason: given.reason, parts },
    ...{ previousExpectedAt: previous?.expectedAt ?? null, eventId: newId(), seq: given.seq },
  };
}

export const tellEta = (route: OrderRoute, delivery: Delivery): Told => ({
  ...EtaChanged.outboxEvent(etaChangedOf(route, delivery), { seq: delivery.eta.seq }),
  id: delivery.eta.eventId,
});

/** A parcel has changed: with `fact`, what is told of it, and with a new estimate behind that. */
export function advance(
  route: OrderRoute,
  changed: Delivery,
  given: { reason: EtaReason; now: number; fact?: (at: Sequence) => OutboxEvent },
  newId: NewId,
): RouteChange & { readonly delivery: Delivery } {
  const fact = given.fact?.({ seq: route.version + 1 });
  const seq = route.version + (fact ? 2 : 1);
  const eta = estimate(changed, changed.eta, { ...given, seq, promisedAt: route.promisedAt }, newId);
  const delivery = { ...changed, version: changed.version + 1, eta };
  const told = tellEta(route, delivery);
  return { route: { ...route, version: seq }, deliveries: [delivery], delivery, events: fact ? [fact, told] : [told] };
}

/**
 * The order is confirmed as it was assigned by `attempt`: every parcel that waited for that is started. Undefined when there is nothing
 * to start, or sellers were chosen anew meanwhile: that choice gets its own confirmation.
 */
export function startAll(
  route: OrderRoute,
  deliveries: readonly Delivery[],
  confirmed: { attempt: number; now: number },
): RouteChange | undefined {
  const { attempt, now } = confirmed;
  if (route.state !== 'ASSIGNED' || route.attempt !== attempt) return undefined;
  const started = deliveries.flatMap(delivery => start(delivery, now) ?? []).map(nextVersion);
  const events = started.map((delivery, index) =>
    DeliveryStarted.outboxEvent(
      { ...parcelOf(route, delivery), startedAt: iso(now) },
      { seq: route.version + index + 1 },
    ),
  );
  return {
    route: { ...route, state: 'STARTED', version: route.version + events.length },
    ...{ deliveries: started, events },
  };
}

/**
 * The order has ended without delivery. `asked`: somebody waits for an answer, who gets one even when there was no parcel; `again`: also
 * when that was answered before. Undefined when there is nothing to do or to tell.
 */
export function cancelAll(
  route: OrderRoute,
  deliveries: readonly Delivery[],
  asked: { attempt: number; reason: string; again?: boolean } | undefined,
): RouteChange | undefined {
  const answer = asked !== undefined && (asked.again === true || route.cancelledAttempt !== asked.attempt);
  if (route.state === 'CANCELLED' && !answer) return undefined;
  const version = route.version + (answer ? 1 : 0);
  const { attempt = route.cancelledAttempt, reason = route.endReason } = asked ?? {};
  return {
    route: { ...route, state: 'CANCELLED', version, cancelledAttempt: attempt, endReason: reason },
    deliveries: cancelParcels(deliveries),
    events: answer
      ? [
          DeliveryCancelled.outboxEvent(
            { ...partiesOf(route), attempt: asked.attempt, reason: asked.reason },
            { seq: version },
          ),
        ]
      : [],
  };
}

/** Those that were not handed over end; the others go on. */
export const cancelParcels = (deliveries: readonly Delivery[]): Delivery[] =>
  deliveries.flatMap(delivery => cancel(delivery) ?? []).map(nextVersion);

export const nextVersion = (delivery: Delivery): Delivery => ({ ...delivery, version: delivery.version + 1 });

/** The estimate of the last parcel that is still on its way. */
export const lastOpenEta = (deliveries: readonly Delivery[]): Delivery | undefined =>
  deliveries
    .filter(isOpen)
    .reduce<Delivery | undefined>(
      (last, each) => (last === undefined || each.eta.expectedAt > last.eta.expectedAt ? each : last),
      undefined,
    );
