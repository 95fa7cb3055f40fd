/** How real durations spread around the expected one: actual / expected at 5, 93.8 and 95 % of all cases. */
export type Ratios = { readonly q05: number; readonly q938: number; readonly q95: number };

/** What is known of a candidate seller before it is scored; durations are expected minutes. */
export type Candidacy = {
  readonly sellerId: string;
  /** The hub of the seller's state; the lane leads from there to the hub of the address. */
  readonly hub: string;
  readonly laneId: string;
  /** From the seller to its hub. */
  readonly firstMileKm: number;
  readonly lineHaulKm: number;
  /** From the hub of the address (or, inside one city, from the seller) to the door. */
  readonly lastMileKm: number;
  readonly handlingMinutes: number;
  /** Hand-overs that the handling time rests on. */
  readonly handlingOrders: number;
  readonly lineHaulMinutes: number;
  /** Deliveries that the lane's figures rest on. */
  readonly laneOrders: number;
  readonly lastMileMinutes: number;
  /** The end of the last mile, from the moment the parcel is out for delivery; a part of `lastMileMinutes`. */
  readonly outMinutes: number;
  readonly delayFactor: number;
  /** What the newest ranking adds for late hand-overs. */
  readonly penaltyMinutes: number;
  readonly ratios: Ratios;
};

/** A scored candidate: `score` = handling + transit + delay + penalty, exactly. */
export type CandidateScore = Candidacy & {
  readonly score: number;
  readonly distanceKm: number;
  readonly transitMinutes: number;
  readonly delayMinutes: number;
  readonly evidenceOrders: number;
  readonly explanation: string;
};

/** Whole quarters of a minute: such fractions are exact in binary, so that parts add up to their sum to the last bit. */
export const quarters = (minutes: number): number => Math.round(minutes * 4) / 4;

const km = (value: number): number => Math.round(value * 1000) / 1000;

export function scored(given: Candidacy): CandidateScore {
  const handlingMinutes = quarters(given.handlingMinutes);
  const lineHaulMinutes = quarters(given.lineHaulMinutes);
  const lastMileMinutes = quarters(given.lastMileMinutes);
  const penaltyMinutes = quarters(given.penaltyMinutes);
  const delayMinutes = quarters(lineHaulMinutes * (given.delayFactor - 1));
  const transitMinutes = lineHaulMinutes + lastMileMinutes;
  const score = handlingMinutes + transitMinutes + delayMinutes + penaltyMinutes;
  const distanceKm = km(given.firstMileKm + given.lineHaulKm + given.lastMileKm);
  return {
    ...given,
    ...{ handlingMinutes, lineHaulMinutes, lastMileMinutes, penaltyMinutes, delayMinutes, transitMinutes },
    ...{ firstMileKm: km(given.firstMileKm), lineHaulKm: km(given.lineHaulKm), lastMileKm: km(given.lastMileKm) },
    outMinutes: Math.min(quarters(given.outMinutes), lastMileMinutes),
    ...{ score, distanceKm, evidenceOrders: given.handlingOrders + given.laneOrders },
    explanation: explain({ ...given, handlingMinutes, delayMinutes, penaltyMinutes }, transitMinutes, distanceKm),
  };
}

function explain(given: Candidacy & { delayMinutes: number }, transitMinutes: number, distanceKm: number): string {
  const { handlingMinutes, handlingOrders, laneId, laneOrders, delayFactor, delayMinutes, penaltyMinutes } = given;
  return [
    `${hours(handlingMinutes)} until hand-over (${evidence(handlingOrders, 'hand-overs', 'usual for new sellers')})`,
    `${hours(transitMinutes)} for ${distanceKm.toFixed(1)} km on ${laneId} (${evidence(laneOrders, 'deliveries', 'from the distance')})`,
    ...(delayMinutes === 0
      ? []
      : [`${hours(delayMinutes, '+')} since ${laneId} takes ${String(delayFactor)} times as long now`]),
    ...(penaltyMinutes === 0 ? [] : [`${hours(penaltyMinutes, '+')} for late hand-overs`]),
  ].join('; ');
}

const evidence = (orders: number, what: string, otherwise: string): string =>
  orders === 0 ? otherwise : `${String(orders)} ${what}`;

export const hours = (minutes: number, sign = ''): string =>
  `${minutes < 0 ? '-' : sign}${(Math.abs(minutes) / 60).toFixed(1)} h`;

/** Best first. Equal scores: the nearer one, then by id, so that the order is the same each time. */
export const byScore = (one: CandidateScore, other: CandidateScore): number =>
  one.score - other.score || one.distanceKm - other.distanceKm || (one.sellerId < other.sellerId ? -1 : 1);
