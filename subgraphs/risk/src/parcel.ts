export type RiskLevel = 'LOW' | 'ELEVATED' | 'HIGH' | 'CONFIRMED';

/** What routing says of one parcel; instants as the events have them. */
export type Estimate = {
  readonly deliveryId: string;
  readonly laneId: string;
  /** Grows with each estimate of the parcel. */
  readonly version: number;
  readonly expectedAt: string;
  readonly promisedAt: string | null;
  readonly computedAt: string;
};

/** GONE: given to another seller, lost or cancelled; it counts no more. */
export type ParcelState = 'OPEN' | 'DELIVERED' | 'GONE';

export type Parcel = Estimate & { readonly state: ParcelState; readonly deliveredAt: string | null };

export type ParcelRisk = { readonly level: RiskLevel; readonly delayMinutes: number; readonly reason: string };

const highMinutes = 24 * 60;
const ms = (instant: string): number => Date.parse(instant);

/** How late a parcel is or will be. Undefined for one that counts no more or was promised for no date. */
export function riskOf({
  state,
  promisedAt,
  expectedAt,
  computedAt,
  deliveredAt,
  laneId,
}: Parcel): ParcelRisk | undefined {
  if (state === 'GONE' || promisedAt === null) return undefined;
  const delivered = state === 'DELIVERED' && deliveredAt !== null;
  const delayMinutes = (ms(delivered ? deliveredAt : expectedAt) - ms(promisedAt)) / 60_000;
  if (delayMinutes <= 0) {
    const reason = delivered ? 'came within its promise' : 'is expected within its promise';
    return { level: 'LOW', delayMinutes, reason: `the parcel on ${laneId} ${reason}` };
  }
  const after = `${String(Math.ceil(delayMinutes))} minutes after its promise`;
  if (delivered) return { level: 'CONFIRMED', delayMinutes, reason: `the parcel on ${laneId} came ${after}` };
  const reason = `the parcel on ${laneId} is expected ${after}`;
  // The estimate was made when the promise had passed already: it has not come in time, whatever comes next.
  if (ms(computedAt) > ms(promisedAt)) return { level: 'CONFIRMED', delayMinutes, reason };
  return { level: delayMinutes > highMinutes ? 'HIGH' : 'ELEVATED', delayMinutes, reason };
}
