import type { OutboxEvent } from '@waygraph/schema/events/define';
import { RiskLevelChanged } from '@waygraph/schema/events/risk';
import { riskOf, type Estimate, type Parcel, type RiskLevel } from './parcel.ts';

export type Assessment = {
  readonly level: RiskLevel;
  readonly predictedDelayMinutes: number;
  readonly reason: string;
  /** Since when the level is what it is. */
  readonly since: string;
};

/** Kept for ever: who has arrived, got lost or was rejected is never sent again. */
export type EarlyEnd = Pick<Parcel, 'deliveryId' | 'deliveredAt'> & { readonly state: 'DELIVERED' | 'GONE' };

export type OrderRisk = {
  readonly orderId: string;
  readonly customerId: string;
  readonly sellerIds: readonly string[];
  readonly parcels: readonly Parcel[];
  /** How parcels ended that nothing else was known of by then. */
  readonly earlyEnds: readonly EarlyEnd[];
  /** The newest assignment that is known; 0: none yet. */
  readonly attempt: number;
  /** Nothing that is heard later of its parcels matters any more. */
  readonly cancelled: boolean;
  /** The `seq` of its newest event. */
  readonly version: number;
  /** Null until there is a promise to be late for. */
  readonly assessment: Assessment | null;
};

/** Of parcels that count no more, and of those that have arrived, nothing but a new assignment is news. */
export type Fact =
  /** Every parcel that the order has now; one it had and that is not among them counts no more. */
  | { readonly kind: 'ASSIGNED'; readonly attempt: number; readonly parcels: readonly Estimate[] }
  | { readonly kind: 'ESTIMATED'; readonly parcel: Estimate }
  | { readonly kind: 'DELIVERED'; readonly deliveryId: string; readonly deliveredAt: string }
  | { readonly kind: 'GONE'; readonly deliveryId: string }
  | { readonly kind: 'CANCELLED' };

/** The order after a fact that happened `at`, and what is to be told. Undefined: the fact changes nothing. */
export function assess(
  given: OrderRisk,
  fact: Fact,
  { at, sellerIds }: { at: string; sellerIds: readonly string[] },
): { order: OrderRisk; events: OutboxEvent[] } | undefined {
  if (given.cancelled || (fact.kind === 'ASSIGNED' && fact.attempt <= given.attempt)) return undefined;
  const earlyEnds = earlyEndsAfter(given, fact);
  const parcels = parcelsAfter(given, fact);
  if (parcels === given.parcels && earlyEnds === given.earlyEnds) return undefined;

  const order = {
    ...given,
    ...{ parcels, earlyEnds },
    attempt: fact.kind === 'ASSIGNED' ? fact.attempt : given.attempt,
    cancelled: fact.kind === 'CANCELLED',
    // Nobody serves a cancelled order, but those who did may still see what became of it.
    sellerIds: sellerIds.length > 0 ? sellerIds : given.sellerIds,
  };
  const assessment = assessmentOf(order, at);
  // Nobody needs to hear that an order is on its way as promised; until it is known otherwise, it is.
  const previousLevel = given.assessment?.level ?? 'LOW';
  if (assessment === null || assessment.level === previousLevel) return { order: { ...order, assessment }, events: [] };
  const version = order.version + 1;
  const { orderId, customerId } = order;
  const event = RiskLevelChanged.outboxEvent(
    { orderId, customerId, sellerIds: [...order.sellerIds], ...assessment, previousLevel },
    { seq: version },
  );
  return { order: { ...order, assessment, version }, events: [event] };
}

/** The very same array when the fact is no news. */
function earlyEndsAfter({ parcels, earlyEnds }: OrderRisk, fact: Fact): readonly EarlyEnd[] {
  if (fact.kind !== 'DELIVERED' && fact.kind !== 'GONE') return earlyEnds;
  const { deliveryId } = fact;
  if ([...parcels, ...earlyEnds].some(known => known.deliveryId === deliveryId)) return earlyEnds;
  const deliveredAt = fact.kind === 'DELIVERED' ? fact.deliveredAt : null;
  return [...earlyEnds, { deliveryId, state: fact.kind, deliveredAt }];
}

/** The very same array when the fact is no news. */
function parcelsAfter({ parcels, earlyEnds }: OrderRisk, fact: Fact): readonly Parcel[] {
  const change = (deliveryId: string, how: (parcel: Parcel) => Parcel): readonly Parcel[] =>
    parcels.some(parcel => parcel.deliveryId === deliveryId && parcel.state === 'OPEN')
      ? parcels.map(parcel => (parcel.deliveryId === deliveryId ? how(parcel) : parcel))
      : parcels;
  switch (fact.kind) {
    case 'ASSIGNED': {
      const named = new Set(fact.parcels.map(({ deliveryId }) => deliveryId));
      const left = parcels.map(parcel =>
        parcel.state === 'OPEN' && !named.has(parcel.deliveryId) ? { ...parcel, state: 'GONE' as const } : parcel,
      );
      return fact.parcels.reduce<readonly Parcel[]>((so, parcel) => withEstimate(so, parcel, earlyEnds), left);
    }
    case 'ESTIMATED': {
      const known = parcels.find(({ deliveryId }) => deliveryId === fact.parcel.deliveryId);
      const news = known === undefined || (known.state === 'OPEN' && known.version < fact.parcel.version);
      return news ? withEstimate(parcels, fact.parcel, earlyEnds) : parcels;
    }
    case 'DELIVERED':
      return change(fact.deliveryId, parcel => ({ ...parcel, state: 'DELIVERED', deliveredAt: fact.deliveredAt }));
    case 'GONE':
      return change(fact.deliveryId, parcel => ({ ...parcel, state: 'GONE' }));
    case 'CANCELLED':
      return parcels.map(parcel => (parcel.state === 'OPEN' ? { ...parcel, state: 'GONE' as const } : parcel));
  }
}

function withEstimate(
  parcels: readonly Parcel[],
  estimate: Estimate,
  earlyEnds: readonly EarlyEnd[],
): readonly Parcel[] {
  const known = parcels.find(({ deliveryId }) => deliveryId === estimate.deliveryId);
  if (known?.state === 'DELIVERED' || (known?.state === 'OPEN' && known.version >= estimate.version)) return parcels;
  const ended = earlyEnds.find(({ deliveryId }) => deliveryId === estimate.deliveryId);
  if (known && ended) return parcels;
  const { state, deliveredAt } = ended ?? { state: 'OPEN', deliveredAt: null };
  const told: Parcel = { ...estimate, state, deliveredAt };
  return known === undefined ? [...parcels, told] : parcels.map(parcel => (parcel === known ? told : parcel));
}

const ranks: Record<RiskLevel, number> = { LOW: 0, ELEVATED: 1, HIGH: 2, CONFIRMED: 3 };

/** The order is as late as its latest parcel, and at the level of its worst. */
function assessmentOf({ parcels, cancelled, assessment: before }: OrderRisk, at: string): Assessment | null {
  const [worst, ...others] = parcels
    .map(riskOf)
    .filter(risk => risk !== undefined)
    .sort((a, b) => ranks[b.level] - ranks[a.level] || b.delayMinutes - a.delayMinutes);
  if (worst === undefined || cancelled) {
    const reason = cancelled ? 'the order was cancelled' : 'no parcel is on its way';
    return before && { level: 'LOW', predictedDelayMinutes: 0, reason, since: sinceOf(before, 'LOW', at) };
  }
  const { level, reason } = worst;
  const latest = others.reduce((most, { delayMinutes }) => Math.max(most, delayMinutes), worst.delayMinutes);
  return {
    level,
    predictedDelayMinutes: Math.round(latest * 100) / 100,
    reason,
    since: sinceOf(before, level, at),
  };
}

const sinceOf = (before: Assessment | null, level: RiskLevel, at: string): string =>
  before?.level === level ? before.since : at;
