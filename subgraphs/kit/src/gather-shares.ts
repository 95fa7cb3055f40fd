import type { EventAtHand } from './event-handler.ts';
import type { Shared } from './share-transaction.ts';

/** What a transaction holds at most. */
export type Bounds = {
  readonly events: number;
  /** Of those that are handled one after the other: all their locks add up. */
  readonly single: number;
  /** Of their values. */
  readonly bytes: number;
};

export const plus = (a: Bounds, b: Bounds): Bounds => ({
  events: a.events + b.events,
  single: a.single + b.single,
  bytes: a.bytes + b.bytes,
});

export const fits = (size: Bounds, most: Bounds): boolean =>
  size.events <= most.events && size.single <= most.single && size.bytes <= most.bytes;

/** Thrown to who waits for its turn when its partition is another's by then, or the process stops: nothing of it was begun. */
export class NoLongerOurs extends Error {
  constructor() {
    super('no longer ours');
    this.name = 'NoLongerOurs';
  }
}

export type Asked = {
  readonly events: readonly EventAtHand[];
  readonly size: Bounds;
  readonly isOurs: () => boolean;
};
type Waiting = Asked & { readonly resolve: (shared: Shared) => void; readonly reject: (error: unknown) => void };

/** A second one starts only when more waits than one transaction holds: what comes while one is on its way is better off together. */
const mostAtOnce = 2;

/**
 * Has those who ask at the same time, each for events of a partition, share one transaction. Who asks alone waits for nobody; what
 * comes while a transaction is on its way waits for its end and goes together. When a shared one cannot be, each gets its own.
 */
export function createGathering(
  share: (events: readonly EventAtHand[]) => Promise<Shared>,
  bounds: Bounds,
  /** Nothing can be done for anybody. */
  isAway: (error: unknown) => boolean,
): (asked: Asked) => Promise<Shared> {
  let queue: Waiting[] = [];
  let running = 0;
  let awake = false;

  function wake(): void {
    if (awake || queue.length === 0) return;
    if (running > 0 && (running >= mostAtOnce || fitting(queue) === queue.length)) return;
    awake = true;
    // What was fetched together is asked for within the same turn of the loop.
    setImmediate(() => {
      awake = false;
      running += 1;
      void work(take()).finally(() => {
        running -= 1;
        wake();
      });
      wake();
    });
  }

  function take(): Waiting[] {
    const ours: Waiting[] = [];
    for (const one of queue)
      if (one.isOurs()) ours.push(one);
      else one.reject(new NoLongerOurs());
    const count = fitting(ours);
    queue = ours.slice(count);
    return ours.slice(0, count);
  }

  /** How many of them one transaction holds, from the first on; one at least. */
  function fitting(some: readonly Waiting[]): number {
    let sum: Bounds = { events: 0, single: 0, bytes: 0 };
    const tooMuch = some.findIndex(({ size }, n) => {
      sum = plus(sum, size);
      return n > 0 && !fits(sum, bounds);
    });
    return tooMuch < 0 ? some.length : tooMuch;
  }

  async function work(together: readonly Waiting[]): Promise<void> {
    if (together.length === 0) return;
    try {
      const shared = await share(together.flatMap(({ events }) => events));
      for (const { resolve } of together) resolve(shared);
    } catch (error) {
      if (together.length === 1 || isAway(error)) for (const { reject } of together) reject(error);
      else
        for (const one of together)
          if (one.isOurs()) await work([one]);
          else one.reject(new NoLongerOurs());
    }
  }

  return asked =>
    new Promise((resolve, reject) => {
      queue.push({ ...asked, resolve, reject });
      wake();
    });
}
