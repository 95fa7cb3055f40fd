import { SellerAssigned, SellerUnavailable } from '@waygraph/schema/events/delivery';
import type { CandidateScore, Choice } from './choose-sellers.ts';
import { counts, type Delivery, type LaneNow } from './delivery.ts';
import { assigned, promiseOf } from './eta.ts';
import {
  estimate,
  estimateOf,
  partiesOf,
  tellEta,
  type NewId,
  type OrderRoute,
  type RouteChange,
} from './order-route.ts';
import { scored } from './score.ts';

/** Why a seller was chosen for a parcel; kept for each attempt. */
export type Assignment = {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly decidedAt: number;
  readonly chosen: CandidateScore;
  readonly candidates: readonly CandidateScore[];
};

export type AssignmentChange = RouteChange & { readonly assignments: readonly Assignment[] };

/** So often an order is given to sellers before it counts as not to be served. */
export const mostAttempts = 3;

/** Nobody can serve these lines, and without them the order makes no sense. */
export function unavailable(route: OrderRoute, lineNos: readonly number[], reason: string): AssignmentChange {
  const attempt = route.attempt + 1;
  const version = route.version + 1;
  const data = { ...partiesOf(route), attempt, lineNos: [...lineNos], reason };
  return {
    route: { ...route, state: 'UNAVAILABLE', attempt, version },
    ...{ deliveries: [], assignments: [] },
    events: [SellerUnavailable.outboxEvent(data, { seq: version })],
  };
}

/** The lines that are still wanted. */
export const openLines = ({ lines, droppedLineNos }: OrderRoute) =>
  lines.filter(({ lineNo }) => !droppedLineNos.includes(lineNo));

/** Those who were to send these lines cannot: they are no candidates for them any more. */
export function exclude(route: OrderRoute, deliveries: readonly Delivery[], lineNos: readonly number[]): OrderRoute {
  const excluded: Record<string, readonly string[]> = { ...route.excluded };
  for (const delivery of deliveries.filter(counts)) {
    for (const { lineNo } of delivery.lines.filter(line => lineNos.includes(line.lineNo))) {
      excluded[lineNo] = [...new Set([...(excluded[lineNo] ?? []), delivery.sellerId])];
    }
  }
  return { ...route, excluded };
}

/**
 * The next attempt: who sends what. A seller who has a parcel of the order keeps it, with other lines; one who is not chosen again
 * loses it. `lanes` are the factors at this moment, whatever the choice went by.
 */
export function assign(
  route: OrderRoute,
  deliveries: readonly Delivery[],
  choice: Choice,
  given: { lanes: ReadonlyMap<string, LaneNow>; now: number },
  newId: NewId,
): AssignmentChange {
  const { lanes, now } = given;
  const missing = choice.unserved.map(({ lineNo }) => lineNo);
  if (choice.parcels.length === 0 || (missing.length > 0 && !route.allowPartial))
    return unavailable(route, missing, 'no seller has enough of it within reach');

  const attempt = route.attempt + 1;
  const bySeller = new Map(deliveries.map(delivery => [delivery.sellerId, delivery]));
  const atPresent = (candidate: CandidateScore): CandidateScore => {
    const factor = lanes.get(candidate.laneId)?.factor ?? candidate.delayFactor;
    return factor === candidate.delayFactor ? candidate : scored({ ...candidate, delayFactor: factor });
  };
  const parcels = choice.parcels.map(parcel => {
    const chosen = atPresent(parcel.chosen);
    const known = bySeller.get(parcel.sellerId);
    const kept = known !== undefined && counts(known) ? known : undefined;
    const assignedAt = new Date(route.attempt === 0 ? route.placedAt : now);
    const progress = kept?.progress ?? assigned(chosen, new Date(route.placedAt), assignedAt);
    return { ...parcel, chosen, candidates: parcel.candidates.map(atPresent), known, kept, progress };
  });
  const promises = parcels.map(({ progress }) => promiseOf(progress, new Date(now)).getTime());
  const assignedRoute: OrderRoute = {
    ...route,
    ...{ state: 'ASSIGNED', attempt, droppedLineNos: [...route.droppedLineNos, ...missing] },
    sellerIds: parcels.map(({ sellerId }) => sellerId).sort(),
    promisedAt: route.promisedAt ?? Math.max(...promises),
  };

  let seq = route.version + 1;
  const chosenNow = parcels.map(({ sellerId, laneId, lines, known, kept, progress }): Delivery => {
    const { promisedAt } = assignedRoute;
    const eta =
      kept?.eta ?? estimate({ progress }, known?.eta, { reason: 'ASSIGNED', now, seq: ++seq, promisedAt }, newId);
    return {
      ...{ id: known?.id ?? newId(), orderId: route.orderId, customerId: route.customerId, sellerId, laneId },
      ...{ status: 'ASSIGNED', version: (known?.version ?? 0) + 1, attempt, lines, progress, eta },
      laneRevision: kept?.laneRevision ?? lanes.get(laneId)?.revision ?? 0,
      ...{ startedAt: null, handoverDueAt: null, handedOverAt: null, scannedAt: null, deliveredAt: null },
      ...{ handedOverSeq: null, deliveredSeq: null },
    };
  });
  const dropped = deliveries
    .filter(delivery => counts(delivery) && !assignedRoute.sellerIds.includes(delivery.sellerId))
    .map((delivery): Delivery => ({ ...delivery, status: 'REASSIGNED', version: delivery.version + 1 }));

  const told = SellerAssigned.outboxEvent(
    {
      ...partiesOf(assignedRoute),
      attempt,
      parcels: chosenNow.map((delivery, index) => ({
        ...{ deliveryId: delivery.id, sellerId: delivery.sellerId, laneId: delivery.laneId },
        lines: delivery.lines.map(line => ({ ...line, sellerId: delivery.sellerId })),
        scoreMinutes: parcels[index]?.chosen.score ?? 0,
        eta: estimateOf(delivery.eta),
      })),
      droppedLineNos: [...assignedRoute.droppedLineNos],
    },
    { seq: route.version + 1 },
  );
  const firstTold = chosenNow.filter(({ eta }) => eta.seq > route.version);
  return {
    route: { ...assignedRoute, version: seq },
    deliveries: [...chosenNow, ...dropped],
    assignments: parcels.map(({ chosen, candidates }, index) => ({
      ...{ deliveryId: chosenNow[index]?.id ?? '', attempt, decidedAt: now, chosen, candidates },
    })),
    events: [told, ...firstTold.map(delivery => tellEta(assignedRoute, delivery))],
  };
}
