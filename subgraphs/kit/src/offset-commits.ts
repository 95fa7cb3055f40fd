import { placeOf } from './kafka-delivery.ts';
import type { Log } from './log.ts';

/** `offset` is the one to go on at. */
export type Position = { readonly topic: string; readonly partition: number; readonly offset: string };
/** Tells the group once; rejects when it was refused or the way to it is gone. */
export type Commit = (positions: readonly Position[]) => Promise<void>;

/**
 * Tells the group what is done, one commit after the other, since of two that are on their way the older could come last. What was
 * not acknowledged is told again, as far as the group then has got.
 */
export function createOffsetCommits({ everyMs, log }: { everyMs: number; log: Log }) {
  /** Done, and not known to be committed. */
  const open = new Map<string, Position>();
  const reached = new Map<string, bigint>();
  let commitOf: Commit | undefined;
  let membership = 0;
  /** The membership is about to end. */
  let ending = false;
  let timer: NodeJS.Timeout | undefined;
  let chain: Promise<void> = Promise.resolve();

  async function tell(): Promise<void> {
    const own = membership;
    const positions = [...open.values()];
    if (positions.length === 0 || commitOf === undefined) return;
    try {
      await commitOf(positions);
    } catch (error) {
      log.debug({ err: error }, 'offsets not committed');
      // Refused after a rebalance: the work is delivered again, which it must bear. Lost while the broker is away: once more.
      if (own === membership && !ending) later();
      return;
    }
    if (own === membership) for (const one of positions) if (open.get(placeOf(one)) === one) open.delete(placeOf(one));
  }

  const now = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    return (chain = chain.then(tell));
  };
  const later = () => void (timer ??= setTimeout(() => void now(), everyMs).unref());

  return {
    /** Everything before the position is done; `commit` speaks for the membership that it was done under. */
    done(position: Position, commit: Commit): void {
      commitOf = commit;
      open.set(placeOf(position), position);
      reached.set(placeOf(position), BigInt(position.offset));
      later();
    },
    /** Up to where a partition is done since we joined, committed or not. */
    reached: (place: string): bigint | undefined => reached.get(place),
    now,
    /** Tells once more; what is refused is left. From now on the library may speak for a new membership, which what is old is not of. */
    last(): Promise<void> {
      ending = true;
      return now();
    },
    /** The group has given out the partitions anew: who has one now goes on where it was committed. */
    reset(): void {
      membership += 1;
      ending = false;
      open.clear();
      reached.clear();
      commitOf = undefined;
    },
  };
}
