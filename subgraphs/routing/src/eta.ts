import { hours, type CandidateScore, type Ratios } from './score.ts';

/** What an estimate of one parcel follows from: kept per delivery as JSON. Durations and times are whole milliseconds. */
export type Progress = {
  readonly sellerId: string;
  readonly laneId: string;
  /** Distances of the three legs: seller to hub, hub to hub, hub to door. */
  readonly km: { readonly handling: number; readonly lineHaul: number; readonly lastMile: number };
  readonly orders: { readonly handling: number; readonly lane: number };
  readonly ratios: Ratios;
  readonly placedAt: number;
  /** When this seller got the order: later than placedAt after a reassignment. */
  readonly assignedAt: number;
  readonly handlingMs: number;
  readonly lineHaulMs: number;
  readonly lastMileMs: number;
  /** The end of the last mile, from the moment the parcel is out for delivery. */
  readonly outMs: number;
  /** The lane's present factor. */
  readonly factor: number;
  readonly handedOverAt?: number;
  /** The part of lineHaulMs that was done when `factor` began to hold, at `lineHaulSince`. */
  readonly lineHaulDoneMs?: number;
  readonly lineHaulSince?: number;
  /** At the hub of the address. */
  readonly arrivedAt?: number;
  readonly outAt?: number;
  /** At a hub again, since nobody was at home: the last mile begins anew. */
  readonly backAt?: number;
  readonly deliveredAt?: number;
};

export type EtaPart = {
  readonly name: 'HANDLING' | 'LINE_HAUL' | 'DELAY' | 'LAST_MILE';
  readonly minutes: number;
  readonly explanation: string;
};

/** The parts add up to expectedAt - placedAt: as whole milliseconds, exactly. */
export type Estimate = {
  readonly expectedAt: Date;
  readonly earliestAt: Date;
  readonly latestAt: Date;
  readonly parts: EtaPart[];
};

export type Leg = {
  readonly kind: 'HANDLING' | 'LINE_HAUL' | 'LAST_MILE';
  readonly from: string;
  readonly to: string;
  readonly km: number;
  readonly minutes: number;
  readonly delayFactor: number;
  readonly laneId: string;
};

const minuteMs = 60_000;
const toMs = (minutes: number): number => Math.round(minutes * minuteMs);

/** A parcel as it begins. `assignedAt` is later than `placedAt` for a reassignment only: pass placedAt at the first. */
export function assigned(chosen: CandidateScore, placedAt: Date, assignedAt: Date = placedAt): Progress {
  return {
    sellerId: chosen.sellerId,
    laneId: chosen.laneId,
    km: { handling: chosen.firstMileKm, lineHaul: chosen.lineHaulKm, lastMile: chosen.lastMileKm },
    orders: { handling: chosen.handlingOrders, lane: chosen.laneOrders },
    ratios: chosen.ratios,
    placedAt: placedAt.getTime(),
    assignedAt: assignedAt.getTime(),
    handlingMs: toMs(chosen.handlingMinutes),
    lineHaulMs: toMs(chosen.lineHaulMinutes),
    lastMileMs: toMs(chosen.lastMileMinutes),
    outMs: toMs(chosen.outMinutes),
    factor: chosen.delayFactor,
  };
}

export function afterHandover(progress: Progress, at: Date): Progress {
  const handedOverAt = at.getTime();
  return { ...progress, handedOverAt, lineHaulDoneMs: 0, lineHaulSince: handedOverAt };
}

/**
 * A scan at another hub than that of the address moves nothing: the parcel is on its line haul, as was known. One that was out for
 * delivery is back, whatever the hub.
 */
export function afterScan(
  progress: Progress,
  at: Date,
  kind: 'HUB' | 'OUT_FOR_DELIVERY',
  atDestinationHub: boolean,
): Progress {
  const scannedAt = at.getTime();
  if (kind === 'OUT_FOR_DELIVERY') {
    // Nobody saw it arrive: then it lay at the hub as long as parcels do, but not longer than it is with the carrier.
    const lay = progress.lastMileMs - progress.outMs;
    const arrivedAt = progress.arrivedAt ?? Math.max(progress.handedOverAt ?? progress.assignedAt, scannedAt - lay);
    return { ...progress, arrivedAt, outAt: scannedAt };
  }
  const { outAt, ...atHub } = progress;
  if (outAt !== undefined) return { ...atHub, backAt: scannedAt };
  return atDestinationHub && progress.arrivedAt === undefined ? { ...progress, arrivedAt: scannedAt } : progress;
}

/** Another factor from `at` on: what is done of the line haul stays done, what is left takes that much longer. */
export function afterFactor(progress: Progress, factor: number, at: Date): Progress {
  const { lineHaulSince, lineHaulDoneMs = 0, arrivedAt, deliveredAt } = progress;
  if (deliveredAt !== undefined || arrivedAt !== undefined || lineHaulSince === undefined)
    return { ...progress, factor };
  const elapsed = Math.max(0, at.getTime() - lineHaulSince);
  const done = Math.min(progress.lineHaulMs, lineHaulDoneMs + Math.round(elapsed / progress.factor));
  return { ...progress, factor, lineHaulDoneMs: done, lineHaulSince: Math.max(lineHaulSince, at.getTime()) };
}

export const delivered = (progress: Progress, at: Date): Progress => ({ ...progress, deliveredAt: at.getTime() });

/** What is to be told at `now`; never before `now` while the parcel is open. */
export function estimateAt(progress: Progress, now: Date): Estimate {
  const course = courseAt(progress, now.getTime());
  const { handoverAt, arrivalAt, doorAt } = course;
  const { left, spread } = uncertainty(progress, now.getTime(), doorAt);
  const hasArrived = (progress.arrivedAt ?? progress.deliveredAt) !== undefined;
  const lineHaul = hasArrived ? Math.min(progress.lineHaulMs, arrivalAt - handoverAt) : progress.lineHaulMs;
  const ms = {
    HANDLING: handoverAt - progress.placedAt,
    LINE_HAUL: lineHaul,
    // Less than nothing while a lane is expected to be faster than usual.
    DELAY: arrivalAt - handoverAt - lineHaul,
    LAST_MILE: doorAt - arrivalAt,
  };
  const told = explanations(progress);
  return {
    expectedAt: new Date(doorAt),
    earliestAt: new Date(doorAt - Math.round(left * Math.max(0, 1 - progress.ratios.q05))),
    latestAt: new Date(doorAt + Math.round(spread * Math.max(0, progress.ratios.q95 - 1))),
    parts: names.map(name => ({ name, minutes: ms[name] / minuteMs, explanation: told[name] })),
  };
}

const names = ['HANDLING', 'LINE_HAUL', 'DELAY', 'LAST_MILE'] as const;

/** The date to promise for a parcel: 93.8 of 100 arrive by then. */
export function promiseOf(progress: Progress, now: Date): Date {
  const { doorAt } = courseAt(progress, now.getTime());
  const { spread } = uncertainty(progress, now.getTime(), doorAt);
  return new Date(doorAt + Math.round(spread * Math.max(0, progress.ratios.q938 - 1)));
}

/** The same for every seller, so that late hand-overs can be compared. */
const handoverAllowanceMs = 72 * 60 * minuteMs;

/** Until when the seller has to hand a parcel over. */
export const handoverDueAt = (startedAt: Date): Date => new Date(startedAt.getTime() + handoverAllowanceMs);

/** The three legs as planned, without delays. */
export function legsOf(progress: Progress): Leg[] {
  const { laneId, sellerId, km, factor } = progress;
  const [origin = '', destination = ''] = laneId.split('>');
  const leg = (kind: Leg['kind'], from: string, to: string, legKm: number, ms: number, delayFactor: number): Leg => ({
    ...{ kind, from, to, km: legKm, minutes: ms / minuteMs, delayFactor, laneId },
  });
  return [
    leg('HANDLING', sellerId, origin, km.handling, progress.handlingMs, 1),
    leg('LINE_HAUL', origin, destination, km.lineHaul, progress.lineHaulMs, factor),
    leg('LAST_MILE', destination, 'door', km.lastMile, progress.lastMileMs, 1),
  ];
}

type Course = { handoverAt: number; arrivalAt: number; doorAt: number };

/** When each leg ended or is expected to end; what is overdue is expected at `now`. */
function courseAt(progress: Progress, now: number): Course {
  const { deliveredAt, handedOverAt, arrivedAt, outAt, assignedAt, lineHaulDoneMs = 0 } = progress;
  if (deliveredAt !== undefined) {
    const handoverAt = Math.min(handedOverAt ?? assignedAt, deliveredAt);
    // Nobody saw it arrive at the last hub: then the last mile took as long as it usually does.
    const arrivalAt = arrivedAt ?? deliveredAt - progress.lastMileMs;
    return { handoverAt, arrivalAt: Math.min(Math.max(arrivalAt, handoverAt), deliveredAt), doorAt: deliveredAt };
  }
  const handoverAt = handedOverAt ?? Math.max(assignedAt + progress.handlingMs, now);
  const lineHaulLeft = Math.round((progress.lineHaulMs - lineHaulDoneMs) * progress.factor);
  const arrivalAt = Math.max(
    handoverAt,
    arrivedAt ?? Math.max((progress.lineHaulSince ?? handoverAt) + lineHaulLeft, handedOverAt === undefined ? 0 : now),
  );
  const end =
    outAt === undefined ? Math.max(arrivalAt, progress.backAt ?? 0) + progress.lastMileMs : outAt + progress.outMs;
  const doorAt = Math.max(end, arrivalAt, now);
  return { handoverAt, arrivalAt, doorAt };
}

/** What is still open, and how widely it spreads: a parcel that is overdue may well stay away as long again. */
function uncertainty(progress: Progress, now: number, doorAt: number): { left: number; spread: number } {
  if (progress.deliveredAt !== undefined) return { left: 0, spread: 0 };
  const left = Math.max(0, doorAt - now);
  return { left, spread: Math.max(left, doorAt - courseAt(progress, 0).doorAt) };
}

function explanations(progress: Progress): Record<EtaPart['name'], string> {
  const { handedOverAt, arrivedAt, outAt, deliveredAt, laneId, orders, factor } = progress;
  const minutes = (ms: number): string => hours(ms / minuteMs);
  const [, hub = laneId] = laneId.split('>');
  const lane = orders.lane === 0 ? 'its distance' : `${String(orders.lane)} deliveries`;
  return {
    HANDLING:
      handedOverAt !== undefined
        ? 'handed over'
        : `expected from ${orders.handling === 0 ? 'what is usual' : `${String(orders.handling)} hand-overs of the seller`}`,
    LINE_HAUL:
      arrivedAt !== undefined
        ? `arrived at ${hub}`
        : `${laneId} takes ${minutes(progress.lineHaulMs)} in the middle, by ${lane}`,
    DELAY:
      (arrivedAt ?? deliveredAt) !== undefined
        ? 'longer than in the middle of all cases'
        : factor === 1
          ? `no delay known on ${laneId}`
          : `${laneId} takes ${String(factor)} times as long at present`,
    LAST_MILE:
      deliveredAt !== undefined
        ? 'delivered'
        : outAt !== undefined
          ? 'out for delivery'
          : `${progress.km.lastMile.toFixed(1)} km from ${hub} to the door`,
  };
}
