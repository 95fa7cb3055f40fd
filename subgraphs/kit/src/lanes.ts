/**
 * Workers that take what one of them finds: one looks at a time and goes to work on what it found, while the next one that is
 * free looks on. Who works for long thus keeps no other from work, while one is free. A fault of either is told, and ends with a pause.
 */
export function createLanes<Found extends object>(options: {
  workers: readonly string[];
  /** Something to do, or how long there will be nothing, in ms. */
  look: (worker: string) => Promise<Found | number>;
  work: (worker: string, found: Found) => Promise<void>;
  /** Gives how long to pause, in ms. */
  onFault: (error: unknown) => number;
}) {
  const { workers, look, work, onFault } = options;
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();
  let looking: Promise<unknown> = Promise.resolve();
  let isWoken = false;
  let endPause: (() => void) | undefined;

  function wake(): void {
    isWoken = endPause === undefined;
    endPause?.();
  }

  async function pause(ms: number): Promise<void> {
    if (stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    endPause = resolve;
    if (isWoken) setTimeout(resolve, 5);
    isWoken = false;
    await promise;
    endPause = undefined;
    clearTimeout(timer);
  }

  async function lookOut(worker: string): Promise<Found | undefined> {
    while (!stopped) {
      try {
        const found = await look(worker);
        if (typeof found !== 'number') return found;
        await pause(found);
      } catch (error) {
        await pause(onFault(error));
      }
    }
    return undefined;
  }

  async function lane(worker: string): Promise<void> {
    while (!stopped) {
      const turn = looking.then(() => lookOut(worker));
      looking = turn;
      const found = await turn;
      if (found === undefined) return;
      await work(worker, found).catch((error: unknown) => pauseAlone(onFault(error)));
      // Something of it may have to be done before the one that looks now would look again.
      wake();
    }
  }

  const pauseAlone = async (ms: number): Promise<void> => {
    if (!stopped) await new Promise(resolve => setTimeout(resolve, ms));
  };

  return {
    start(): void {
      running = Promise.all(workers.map(lane));
    },
    goOn: (): boolean => !stopped,
    /** Looks soon, whatever the last look said. */
    wake,
    /** Begins nothing more; resolves when all have ended, or that long after. */
    async stop(longestMs: number): Promise<void> {
      stopped = true;
      endPause?.();
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, longestMs);
      await Promise.race([running, late.promise]);
      clearTimeout(timer);
    },
  };
}
