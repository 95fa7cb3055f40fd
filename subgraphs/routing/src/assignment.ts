import { SellerAssigned, SellerUnavailable } from '@waygraph/schema/events/delivery';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import type { CandidateScore, Choice, Line } from './choose-sellers.ts';
import { counts, end, isSent, type Delivery, type LaneNow } from './delivery.ts';
import { assigned, promiseOf } from './eta.ts';
import {
  cancelParcels,
  estimate,
  estimateOf,
  nextVersion,
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

/** Nobody can serve these lines, and without them the order makes no sense: that closes it. */
export function unavailable(
  route: OrderRoute,
  deliveries: readonly Delivery[],
  lineNos: readonly number[],
  reason: string,
): AssignmentChange {
  const attempt = route.attempt + 1;
  const version = route.version + 1;
  const data = { ...partiesOf(route), attempt, lineNos: [...lineNos], reason };
  return {
    route: { ...route, state: 'UNAVAILABLE', attempt, version, unservedLineNos: [...lineNos], endReason: reason },
    ...{ deliveries: cancelParcels(deliveries), assignments: [] },
    events: [SellerUnavailable.outboxEvent(data, { seq: version })],
  };
}

/** The lines that are still wanted. */
export const openLines = ({ lines, droppedLineNos }: OrderRoute): Line[] =>
  lines.filter(({ lineNo }) => !droppedLineNos.includes(lineNo));

/** What is told of an assignment: all parcels that count, and all lines that were ever dropped. Lines that got lost are in neither. */
export const sellerAssigned = (
  route: OrderRoute,
  deliveries: readonly Delivery[],
  at: { readonly seq: number },
): OutboxEvent =>
  SellerAssigned.outboxEvent(
    {
      ...partiesOf(route),
      attempt: route.attempt,
      parcels: deliveries.filter(counts).map(delivery => ({
        ...{ deliveryId: delivery.id, sellerId: delivery.sellerId, laneId: delivery.laneId },
        lines: delivery.lines.map(line => ({ ...line, sellerId: delivery.sellerId })),
        ...{ scoreMinutes: delivery.score, eta: estimateOf(delivery.eta) },
      })),
      droppedLineNos: [...route.droppedLineNos],
    },
    at,
  );

export type Given = {
  /** The factors at this moment, whatever the choice went by. */
  readonly lanes: ReadonlyMap<string, LaneNow>;
  readonly now: number;
  /** The lines that the choice is about; all that are wanted, when it is left out. All others stay with whom they are. */
  readonly lineNos?: readonly number[];
  /** Whatever the customer allowed, an order goes on without lines only since a parcel is on its way; and why nobody serves them. */
  readonly isLast?: boolean;
  readonly reason?: string;
};

const byLineNo = (one: Line, other: Line): number => one.lineNo - other.lineNo;

/**
 * The next attempt: who sends what. A seller who has a parcel of the order keeps it, with other lines; one who is left without any loses
 * it. Lines that nobody sends close the order, unless it goes on without them: as the customer allowed, or since a parcel is on its way.
 */
export function assign(
  route: OrderRoute,
  deliveries: readonly Delivery[],
  choice: Pick<Choice, 'parcels' | 'unserved'>,
  given: Given,
  newId: NewId,
): AssignmentChange {
  const { lanes, now, isLast = false, reason = 'no seller has enough of it within reach' } = given;
  const chosenAnew = given.lineNos ?? openLines(route).map(({ lineNo }) => lineNo);
  const stayingLines = ({ lines }: Delivery): Line[] => lines.filter(({ lineNo }) => !chosenAnew.includes(lineNo));
  const present = deliveries.filter(counts);
  const chosenIds = new Set(choice.parcels.map(({ sellerId }) => sellerId));
  const staying = present.filter(each => !chosenIds.has(each.sellerId) && stayingLines(each).length > 0);

  const missing = choice.unserved.map(({ lineNo }) => lineNo);
  const maySkip = (route.allowPartial && !isLast) || present.some(isSent);
  if (choice.parcels.length + staying.length === 0 || (missing.length > 0 && !maySkip))
    return unavailable(route, deliveries, missing.length > 0 ? missing : chosenAnew, reason);

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
    const lines = [...(kept ? stayingLines(kept) : []), ...parcel.lines].toSorted(byLineNo);
    return { ...parcel, lines, chosen, candidates: parcel.candidates.map(atPresent), known, kept, progress };
  });
  const promises = parcels.map(({ progress }) => promiseOf(progress, new Date(now)).getTime());
  const assignedRoute: OrderRoute = {
    ...route,
    ...{ state: 'ASSIGNED', attempt, droppedLineNos: [...route.droppedLineNos, ...missing] },
    sellerIds: [...parcels, ...staying].map(({ sellerId }) => sellerId).sort(),
    promisedAt: route.promisedAt ?? Math.max(...promises),
  };

  let seq = route.version + 1;
  const chosenNow = parcels.map(({ sellerId, laneId, lines, chosen, known, kept, progress }): Delivery => {
    const { promisedAt } = assignedRoute;
    const eta =
      kept?.eta ?? estimate({ progress }, known?.eta, { reason: 'ASSIGNED', now, seq: ++seq, promisedAt }, newId);
    return {
      ...{ id: known?.id ?? newId(), orderId: route.orderId, customerId: route.customerId, sellerId, laneId },
      ...{ version: (known?.version ?? 0) + 1, attempt, score: chosen.score, lines, progress, eta },
      laneRevision: kept?.laneRevision ?? lanes.get(laneId)?.revision ?? 0,
      ...{ handedOverAt: null, scannedAt: null, deliveredAt: null, handedOverSeq: null, deliveredSeq: null },
      ...{ ended: null, ...preparation(kept, lines) },
    };
  });
  const stayed = staying.map(each => nextVersion({ ...each, attempt, lines: stayingLines(each) }));
  const dropped = present
    .filter(({ sellerId }) => !assignedRoute.sellerIds.includes(sellerId))
    .map(delivery => withoutLines(delivery, seq, now));

  const listed = [...chosenNow, ...stayed];
  const firstTold = chosenNow.filter(({ eta }) => eta.seq > route.version);
  return {
    route: { ...assignedRoute, version: seq },
    deliveries: [...listed, ...dropped],
    assignments: parcels.map(({ chosen, candidates }, index) => ({
      ...{ deliveryId: chosenNow[index]?.id ?? '', attempt, decidedAt: now, chosen, candidates },
    })),
    events: [
      sellerAssigned(assignedRoute, listed, { seq: route.version + 1 }),
      ...firstTold.map(delivery => tellEta(assignedRoute, delivery)),
    ],
  };
}

/** Who prepares a parcel goes on with that, unless it gets more lines: those wait for the next confirmation, and the parcel for them. */
function preparation(
  kept: Delivery | undefined,
  lines: readonly Line[],
): Pick<Delivery, 'status' | 'startedAt' | 'handoverDueAt'> {
  const had = new Set(kept?.lines.map(({ lineNo }) => lineNo));
  if (kept === undefined || lines.some(({ lineNo }) => !had.has(lineNo)))
    return { status: 'ASSIGNED', startedAt: null, handoverDueAt: null };
  return { status: kept.status, startedAt: kept.startedAt, handoverDueAt: kept.handoverDueAt };
}

function withoutLines(delivery: Delivery, seq: number, now: number): Delivery {
  const decision = end(delivery, { how: 'REASSIGNED', seq, at: now });
  if (decision.kind !== 'done') throw new Error(`parcel ${delivery.id} is ${delivery.status}: nobody else can send it`);
  return nextVersion(decision.delivery);
}
