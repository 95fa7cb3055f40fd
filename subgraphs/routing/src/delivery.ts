import { userError, type UserError } from '@waygraph/kit/errors';
import type { Line } from './choose-sellers.ts';
import {
  afterFactor,
  afterHandover,
  afterScan,
  delivered,
  estimateAt,
  handoverDueAt,
  type EtaPart,
  type Progress,
} from './eta.ts';

export type DeliveryStatus =
  | 'ASSIGNED'
  | 'STARTED'
  | 'HANDED_OVER'
  | 'IN_TRANSIT'
  | 'OUT_FOR_DELIVERY'
  | 'DELIVERED'
  | 'REASSIGNED'
  | 'CANCELLED'
  | 'LOST';

export type EtaReason = 'ASSIGNED' | 'HANDED_OVER' | 'SCANNED' | 'DELIVERED' | 'DELAY_FACTOR';

/** An estimate as it was told; it never changes. All times here and below are whole ms since 1970, so that they survive JSON. */
export type Eta = {
  readonly id: string;
  readonly version: number;
  readonly expectedAt: number;
  readonly earliestAt: number;
  readonly latestAt: number;
  readonly promisedAt: number | null;
  readonly computedAt: number;
  readonly reason: string;
  readonly parts: readonly EtaPart[];
  readonly previousExpectedAt: number | null;
  /** The EtaChanged that told it. */
  readonly eventId: string;
  readonly seq: number;
};

/** How a parcel left the order: its seller rejected it, somebody else sends it, or it got lost. */
export type Ended = {
  readonly how: 'REJECTED' | 'REASSIGNED' | 'LOST';
  /** The last event of that, and when it was told. */
  readonly seq: number;
  readonly at: number;
};

/** One parcel: what one seller sends of one order. There is one per order and seller for ever. */
export type Delivery = {
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly sellerId: string;
  readonly laneId: string;
  readonly status: DeliveryStatus;
  /** 1 at the first assignment, +1 with each change of the row. */
  readonly version: number;
  /** Of the newest assignment that it is part of. */
  readonly attempt: number;
  /** Of its seller at the newest assignment that chose it, in minutes. */
  readonly score: number;
  readonly lines: readonly Line[];
  readonly progress: Progress;
  /** The revision of the lane's factor that `progress` goes by. */
  readonly laneRevision: number;
  readonly startedAt: number | null;
  readonly handoverDueAt: number | null;
  readonly handedOverAt: number | null;
  readonly scannedAt: number | null;
  readonly deliveredAt: number | null;
  /** The last event of the hand-over and of the arrival. */
  readonly handedOverSeq: number | null;
  readonly deliveredSeq: number | null;
  /** Why it no longer counts; null while it does, and when the order was cancelled. */
  readonly ended: Ended | null;
  /** The newest. */
  readonly eta: Eta;
};

/** Where a parcel can go from where it is; nothing else ever happens to it. */
const transitions: Record<DeliveryStatus, readonly DeliveryStatus[]> = {
  ASSIGNED: ['STARTED', 'REASSIGNED', 'CANCELLED'],
  // Back when it gets more lines, which wait for their confirmation.
  STARTED: ['ASSIGNED', 'HANDED_OVER', 'REASSIGNED', 'CANCELLED'],
  HANDED_OVER: ['IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'LOST'],
  IN_TRANSIT: ['IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'LOST'],
  // Back to a hub when nobody was at home.
  OUT_FOR_DELIVERY: ['OUT_FOR_DELIVERY', 'IN_TRANSIT', 'DELIVERED', 'LOST'],
  DELIVERED: [],
  // The same seller may get lines of the order again.
  REASSIGNED: ['ASSIGNED'],
  CANCELLED: [],
  LOST: [],
};

export const mayBecome = (from: DeliveryStatus, to: DeliveryStatus): boolean => transitions[from].includes(to);

/** Still on its way: its estimate goes on changing. The database's index deliveries_open_by_lane names the same. */
export const openStatuses: readonly DeliveryStatus[] = [
  'ASSIGNED',
  'STARTED',
  'HANDED_OVER',
  'IN_TRANSIT',
  'OUT_FOR_DELIVERY',
];

export const isOpen = ({ status }: { status: DeliveryStatus }): boolean => openStatuses.includes(status);

/** Whether it still belongs to what the customer gets; else its estimate tells the customer nothing. */
export const counts = ({ status }: { status: DeliveryStatus }): boolean =>
  !['REASSIGNED', 'CANCELLED', 'LOST'].includes(status);

/** With the carrier or arrived: nobody else can send its lines, and the order is not cancelled any more. */
export const isSent = ({ status }: { status: DeliveryStatus }): boolean =>
  ['HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED'].includes(status);

/** Whether it was ever handed over, whatever became of it. */
export const wasSent = ({ status }: { status: DeliveryStatus }): boolean => status === 'LOST' || isSent({ status });

/** A lane's factor as it is at the moment of a decision. */
export type LaneNow = { readonly factor: number; readonly revision: number };

/** When it is said to have happened, and what the clock says. */
export type Moment = { readonly at: number; readonly now: number };

/** A clock may be ahead of ours by so much. */
const aheadMs = 5 * 60_000;

function checkMoment({ at, now }: Moment, notBefore: number | null, step: string): UserError | undefined {
  if (at > now + aheadMs) return userError('INVALID_INPUT', 'expected an instant that has come', 'at');
  if (notBefore !== null && at < notBefore)
    return userError('INVALID_INPUT', `expected an instant not before the ${step}`, 'at');
  return undefined;
}

const withFactor = (delivery: Delivery, lane: LaneNow, now: number): Delivery => ({
  ...delivery,
  progress: afterFactor(delivery.progress, lane.factor, new Date(now)),
  laneRevision: Math.max(lane.revision, delivery.laneRevision),
});

export type Decision =
  | { readonly kind: 'done'; readonly delivery: Delivery; readonly reason: EtaReason }
  /** It was done before: the answer is the same once more. */
  | { readonly kind: 'repeat'; readonly seq: number }
  | { readonly kind: 'refused'; readonly refusal: UserError };

const refused = (refusal: UserError): Decision => ({ kind: 'refused', refusal });
const tooLate = (status: DeliveryStatus): UserError =>
  userError('TOO_LATE', `the parcel is ${status.toLowerCase().replaceAll('_', ' ')}`, 'orderId');
const notYet = (what: string): UserError => userError('STALE_STATE', what, 'orderId');

/** What is wrong with going on to `to`, which a parcel of this status cannot. */
function outOfOrder(status: DeliveryStatus): UserError {
  if (status === 'ASSIGNED') return notYet('the order is not confirmed yet');
  if (status === 'STARTED') return notYet('the parcel is not handed over yet');
  return tooLate(status);
}

/** The seller gave it to the carrier. */
export function handOver(delivery: Delivery, moment: Moment, lane: LaneNow): Decision {
  if (delivery.handedOverSeq !== null) return { kind: 'repeat', seq: delivery.handedOverSeq };
  if (!mayBecome(delivery.status, 'HANDED_OVER')) return refused(outOfOrder(delivery.status));
  const fault = checkMoment(moment, delivery.startedAt, 'order was confirmed');
  if (fault) return refused(fault);
  const known = withFactor(delivery, lane, moment.now);
  const progress = afterHandover(known.progress, new Date(moment.at));
  const changed: Delivery = { ...known, status: 'HANDED_OVER', handedOverAt: moment.at, progress };
  return { kind: 'done', delivery: changed, reason: 'HANDED_OVER' };
}

export type Scan = { readonly hub: string; readonly kind: 'HUB' | 'OUT_FOR_DELIVERY' };

/** The carrier saw it. */
export function scan(delivery: Delivery, { hub, kind }: Scan, moment: Moment, lane: LaneNow): Decision {
  const status = kind === 'HUB' ? 'IN_TRANSIT' : 'OUT_FOR_DELIVERY';
  if (!mayBecome(delivery.status, status)) return refused(outOfOrder(delivery.status));
  const fault = checkMoment(moment, delivery.scannedAt ?? delivery.handedOverAt, 'step before it');
  if (fault) return refused(fault);
  const known = withFactor(delivery, lane, moment.now);
  const progress = afterScan(known.progress, new Date(moment.at), kind, delivery.laneId.endsWith(`>${hub}`));
  return { kind: 'done', delivery: { ...known, status, scannedAt: moment.at, progress }, reason: 'SCANNED' };
}

/** It arrived. */
export function deliver(delivery: Delivery, moment: Moment, lane: LaneNow): Decision {
  if (delivery.deliveredSeq !== null) return { kind: 'repeat', seq: delivery.deliveredSeq };
  if (!mayBecome(delivery.status, 'DELIVERED')) return refused(outOfOrder(delivery.status));
  const fault = checkMoment(moment, delivery.scannedAt ?? delivery.handedOverAt, 'step before it');
  if (fault) return refused(fault);
  const known = withFactor(delivery, lane, moment.now);
  const progress = delivered(known.progress, new Date(moment.at));
  return {
    kind: 'done',
    delivery: { ...known, status: 'DELIVERED', deliveredAt: moment.at, progress },
    reason: 'DELIVERED',
  };
}

/** The order is confirmed: the seller prepares it. Undefined when that was so before, or it is no longer the seller's. */
export function start(delivery: Delivery, now: number): Delivery | undefined {
  if (!mayBecome(delivery.status, 'STARTED')) return undefined;
  return { ...delivery, status: 'STARTED', startedAt: now, handoverDueAt: handoverDueAt(new Date(now)).getTime() };
}

export const cancel = (delivery: Delivery): Delivery | undefined =>
  mayBecome(delivery.status, 'CANCELLED') ? { ...delivery, status: 'CANCELLED' } : undefined;

type EndDecision =
  | { readonly kind: 'done'; readonly delivery: Delivery }
  | { readonly kind: 'repeat'; readonly ended: Ended }
  | { readonly kind: 'refused'; readonly refusal: UserError };

/** It leaves the order, before its hand-over or, when it got lost, after it. Once more: as it was told. */
export function end(delivery: Delivery, ended: Ended): EndDecision {
  const { how } = ended;
  if (delivery.ended?.how === how) return { kind: 'repeat', ended: delivery.ended };
  const status = how === 'LOST' ? 'LOST' : 'REASSIGNED';
  if (mayBecome(delivery.status, status)) return { kind: 'done', delivery: { ...delivery, status, ended } };
  return { kind: 'refused', refusal: how === 'LOST' ? outOfOrder(delivery.status) : tooLate(delivery.status) };
}

/** Its lane has another factor. `retold`: what is expected has changed by that. */
export function changeFactor(
  delivery: Delivery,
  lane: LaneNow,
  now: number,
): { readonly delivery: Delivery; readonly retold: boolean } {
  const changed = withFactor(delivery, lane, now);
  if (delivery.progress.factor === lane.factor) return { delivery: changed, retold: false };
  const { expectedAt, earliestAt, latestAt } = estimateAt(changed.progress, new Date(now));
  const { eta } = delivery;
  const same =
    eta.expectedAt === expectedAt.getTime() &&
    eta.earliestAt === earliestAt.getTime() &&
    eta.latestAt === latestAt.getTime();
  return { delivery: changed, retold: !same };
}
