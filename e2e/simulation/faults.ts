import type { Random } from './random.ts';

/** What goes wrong in a run, and how often: probabilities, unless a name says otherwise. */
export type Faults = {
  /** Per message and group. */
  readonly slow: number;
  readonly stalled: number;
  readonly duplicate: number;
  /** A duplicate hours later, when its inbox row is gone. */
  readonly afterForgetting: number;
  readonly rewind: number;
  readonly crashBeforeCommit: number;
  readonly crashBeforeAck: number;
  /** Per event: it misses the log, and the reconciler publishes it later. */
  readonly lost: number;
  /** Per event: it is in the log twice, as after a crash of the relay. */
  readonly twiceInLog: number;
  /** Nobody publishes, reads, sweeps or answers, from and to these moments (ms from the start), the first one first. */
  readonly outages: readonly { readonly who: Outage; readonly fromMs: number; readonly toMs: number }[];
  /** Per message and group: it cannot be handled until an operator has it handled again, and all of its key waits behind it. */
  readonly dies: number;
  /** Per request to the payment provider. */
  readonly providerSilent: number;
  readonly cardDeclined: number;
  readonly refundRefused: number;
  /** Per order. */
  readonly cancels: number;
  readonly rejectsAssignment: number;
  readonly losesParcel: number;
  readonly reassigns: number;
  readonly delayConfirmed: number;
  readonly operatorMeddles: number;
  /** The money comes only after the reservation has expired. */
  readonly shortReservations: boolean;
};

export type Outage = 'relay' | 'orders' | 'routing' | 'inventory' | 'payments' | 'provider' | 'sweeps';
const whoFails: readonly Outage[] = ['relay', 'orders', 'routing', 'inventory', 'payments', 'provider', 'sweeps'];

/**
 * Each run gets faults of its own, and none of many: a run in which everything fails all the time ends everywhere early, and never
 * comes to where the rare ones matter.
 */
export function drawFaults(random: Random, spanMs: number): Faults {
  const perhaps = (most: number): number => (random.chance(0.5) ? random.next() * most : 0);
  const outages = random.chance(0.3)
    ? Array.from({ length: random.between(1, 3) }, () => {
        const fromMs = random.int(spanMs);
        return { who: random.pick(whoFails), fromMs, toMs: fromMs + random.between(1_000, 400_000) };
      }).sort((one, other) => one.fromMs - other.fromMs)
    : [];
  return {
    slow: perhaps(0.3),
    stalled: random.chance(0.3) ? random.next() * 0.02 : 0,
    duplicate: perhaps(0.2),
    afterForgetting: perhaps(0.03),
    rewind: perhaps(0.1),
    crashBeforeCommit: perhaps(0.1),
    crashBeforeAck: perhaps(0.1),
    lost: random.chance(0.3) ? random.next() * 0.03 : 0,
    twiceInLog: perhaps(0.05),
    outages,
    dies: random.chance(0.2) ? random.next() * 0.05 : 0,
    providerSilent: perhaps(0.4),
    cardDeclined: perhaps(0.2),
    refundRefused: random.chance(0.3) ? random.next() * 0.3 : 0,
    cancels: perhaps(0.3),
    rejectsAssignment: perhaps(0.2),
    losesParcel: perhaps(0.2),
    reassigns: perhaps(0.15),
    delayConfirmed: perhaps(0.15),
    operatorMeddles: perhaps(0.05),
    shortReservations: random.chance(0.25),
  };
}
