/** A node that has not been asked for so long, while others are, is one no more, in ms. */
const forgetNodeMs = 30_000;

/**
 * Tells how far a consumer is behind, by its own monotonic clock alone: what the log holds is known at each fetch, and done when the
 * batches of that fetch are.
 */
export function createLag(now = () => performance.now()) {
  /** Per broker: when its latest fetch began, and the last one before that was answered: all that it gave is worked on by then. */
  const fetches = new Map<number, { began: number; before: number; isAnswered: boolean }>();
  /** Partitions of which something is known not to be done, and up to when they were. */
  const open = new Map<string, number>();

  function upTo(): number {
    const latest = Math.max(...[...fetches.values()].map(({ began }) => began));
    for (const [node, { began }] of fetches) if (latest - began > forgetNodeMs) fetches.delete(node);
    return fetches.size === 0 ? -Infinity : Math.min(...[...fetches.values()].map(({ before }) => before));
  }

  return {
    /** A broker is asked again: whatever it gave before has been worked on. */
    fetches(node: number): void {
      const last = fetches.get(node) ?? { began: -Infinity, before: -Infinity, isAnswered: false };
      fetches.set(node, { began: now(), before: last.isAnswered ? last.began : last.before, isAnswered: false });
    },
    /** Some broker answered a fetch; one that none answered since it was asked has not been looked at. */
    answered(): void {
      for (const fetch of fetches.values()) fetch.isAnswered = true;
    },
    /** What came of a partition is begun. */
    begins: (place: string) => void open.set(place, open.get(place) ?? upTo()),
    /** Everything up to an offset is done; `end` is the one that the next record of the log would have had at the fetch. */
    done(place: string, offset: string, end: string): void {
      if (BigInt(offset) + 1n >= BigInt(end)) open.delete(place);
    },
    /** Others may have been given what was ours: nothing is known. */
    reset(): void {
      fetches.clear();
      open.clear();
    },
    ms: (): number => now() - Math.min(upTo(), ...open.values()),
  };
}
