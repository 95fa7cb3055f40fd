import type { Row, Sides } from './commit-times.ts';

export type Change = { offerId: string; version: number; sentAt: number; isWarmUp: boolean };
export type Outcome = {
  latenciesMs: number[];
  /** Not in the read database when the wait for them ended. */
  lost: number;
  /** The row was changed again by somebody else before it could be looked at. */
  overtaken: number;
};

export type Tracker = {
  add: (change: Change) => void;
  /** Changes sent at least `ageMs` ago and not seen on the read side yet. */
  pending: (now: number, ageMs: number) => string[];
  /** Takes over what both databases have of offers with pending changes. */
  settle: (sides: Sides) => void;
  outcome: () => Outcome;
};

/** Follows each change until both databases have it; an offer has one change under way at a time. */
export function createTracker(): Tracker {
  const open = new Map<string, Change>();
  const latenciesMs: number[] = [];
  let overtaken = 0;
  return {
    add: change => {
      if (open.has(change.offerId)) overtaken += 1;
      open.set(change.offerId, change);
    },
    pending: (now, ageMs) =>
      [...open.values()].filter(({ sentAt }) => now - sentAt >= ageMs).map(({ offerId }) => offerId),
    settle: ({ command, read }) => {
      for (const [offerId, row] of read) {
        const [change, origin] = [open.get(offerId), command.get(offerId)];
        if (change === undefined || origin === undefined || row.version < change.version) continue;
        open.delete(offerId);
        if (row.version > change.version || origin.version > change.version) overtaken += 1;
        else if (!change.isWarmUp) latenciesMs.push((row.committedUs - origin.committedUs) / 1_000);
      }
    },
    outcome: () => ({ latenciesMs, lost: open.size, overtaken }),
  };
}

/** Changes of one offer: how many were sent, and how many of those were answered with success. */
export type Count = { sent: number; accepted: number };

/**
 * How many offers differ between the databases, and how many changes the command side has beyond those sent (made twice) or short of
 * those accepted. What was sent and not answered may have been made or not.
 */
export function compareSides(
  { command, read }: Sides,
  before: ReadonlyMap<string, number>,
  counts: ReadonlyMap<string, Count>,
): { different: number; surplus: number; missing: number } {
  const isSame = (one: Row, other: Row | undefined): boolean =>
    one.version === other?.version && one.available === other.available && one.reserved === other.reserved;
  const sides = [...command].map(([id, row]) => {
    const made = row.version - (before.get(id) ?? 0);
    const { sent, accepted } = counts.get(id) ?? { sent: 0, accepted: 0 };
    return {
      isSame: isSame(row, read.get(id)),
      surplus: Math.max(0, made - sent),
      missing: Math.max(0, accepted - made),
    };
  });
  return {
    different: sides.filter(side => !side.isSame).length,
    surplus: sides.reduce((sum, { surplus }) => sum + surplus, 0),
    missing: sides.reduce((sum, { missing }) => sum + missing, 0),
  };
}
