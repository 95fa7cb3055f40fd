import type { Log } from './log.ts';

/** Does its work again and again, with a pause in between; a fault is told once and the next time tries anew. */
export function createSweep(options: { everyMs: number; work: () => Promise<unknown>; log: Log }): {
  start: () => void;
  /** Lets the work that is running end. */
  stop: () => Promise<void>;
} {
  const { everyMs, work, log } = options;
  let stopped = false;
  let wake = (): void => undefined;
  let running: Promise<void> = Promise.resolve();
  let failing = false;

  async function run(): Promise<void> {
    while (!stopped) {
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
    if (stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, everyMs);
    wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  return {
    start: () => {
      running = run();
    },
    stop: () => {
      stopped = true;
      wake();
      return running;
    },
  };
}
