import { backAt, note, Violation, type Run } from './run.ts';

type Charge = { readonly orderId: string; readonly amountMinor: number; readonly approved: boolean };

/** The payment provider: what it did under a key it did once, whoever heard the answer. */
export type Provider = {
  /** True: approved; undefined: silence, and nobody knows. */
  readonly charge: (request: { key: string; orderId: string; amountMinor: number }) => boolean | undefined;
  readonly refund: (request: { key: string; chargeKey: string; amountMinor: number }) => boolean | undefined;
  /** Somebody has called: from now on it refuses no refund of the order. */
  readonly mend: (orderId: string) => void;
  /** Whether it refused to charge the order's card. */
  readonly hasDeclined: (orderId: string) => boolean;
  /** What it holds of an order. */
  readonly balanceOf: (orderId: string) => number;
};

export function createProvider(run: Run): Provider {
  const { agenda, random, faults } = run;
  const charges = new Map<string, Charge>();
  const refunds = new Set<string>();
  /** What was refused under a key is refused for ever. */
  const refused = new Set<string>();
  /** Whose refunds are refused, until somebody has done something about it. */
  const inTrouble = new Map<string, boolean>();
  const balances = new Map<string, number>();

  /** Silence before the effect or after it. */
  function answer<Answer>(effect: () => Answer): Answer | undefined {
    const isAway = backAt(run, 'provider') > agenda.now();
    if (!isAway && !random.chance(faults.providerSilent)) return effect();
    if (random.chance(0.3)) {
      effect();
      note(run, 'provider did it and said nothing');
    }
    return undefined;
  }

  function isRefused(key: string, orderId: string): boolean {
    if (!inTrouble.has(orderId)) inTrouble.set(orderId, random.chance(faults.refundRefused));
    if (inTrouble.get(orderId) === true) refused.add(key);
    return refused.has(key);
  }

  function refundNow(key: string, chargeKey: string, amountMinor: number): boolean {
    const charge = charges.get(chargeKey);
    if (refunds.has(key)) return true;
    if (charge !== undefined && isRefused(key, charge.orderId)) {
      note(run, 'refund refused');
      return false;
    }
    const left = balances.get(charge?.orderId ?? '') ?? 0;
    if (charge === undefined || amountMinor > left)
      throw new Violation(charge?.orderId ?? '?', `the provider is asked to refund ${amountMinor} of ${left}`);
    refunds.add(key);
    balances.set(charge.orderId, left - amountMinor);
    return true;
  }

  return {
    charge: ({ key, orderId, amountMinor }) =>
      answer(() => {
        let charge = charges.get(key);
        if (charge === undefined) {
          charge = { orderId, amountMinor, approved: !random.chance(faults.cardDeclined) };
          charges.set(key, charge);
          if (charge.approved) balances.set(orderId, (balances.get(orderId) ?? 0) + amountMinor);
        }
        return charge.approved;
      }),
    refund: ({ key, chargeKey, amountMinor }) => answer(() => refundNow(key, chargeKey, amountMinor)),
    mend: orderId => void inTrouble.set(orderId, false),
    hasDeclined: orderId => [...charges.values()].some(each => each.orderId === orderId && !each.approved),
    balanceOf: orderId => balances.get(orderId) ?? 0,
  };
}
