import type { Log } from '@waygraph/kit/log';

/** Does its work again and again, with a pause in between; a fault is told once and the next time tries anew. */
export function createSweep(options: { everyMs: number; work: () => Promise<unknown>; log: Log }): {
  start: () => void;
  /** Lets the work that is running end. */
  stop: () => Promise<void>;
} {
  const { everyMs, work, log } = options;
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let failing = false;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await work();
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ err: error }, 'sweep failed');
        failing = true;
      }
      await pause();
    }
  }

  async function pause(): Promise<void> {
    if (stopping.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, everyMs);
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }

  return {
    start: () => {
      running = run();
    },
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
