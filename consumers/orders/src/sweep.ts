import type { Log } from '@waygraph/kit/log';
import { createSweep } from '@waygraph/kit/sweep';

const forgetEveryMs = 3_600_000;
/** Who has nothing to read is some hundred ms behind all the same. */
const leastLagMs = 2_000;

/** Throws while what is being read was told longer ago than a step may take: its answer may be next. */
export function assertCaughtUp(lagMs: number, stepTimeoutMs: number): void {
  if (lagMs >= Math.max(stepTimeoutMs, leastLagMs)) throw new Error(`answers are read ${Math.round(lagMs)} ms behind`);
}

/**
 * Enforces deadlines again and again, and now and then forgets requests that nobody will repeat any more. `mayJudge` throws while
 * answers could be there that are not read: then nobody is asked again and no step fails. A fault is logged; the next turn comes.
 */
export function startSweep(options: {
  /** Gives the number of orders that were changed. */
  enforceDeadlines: () => Promise<number>;
  /** Gives the number of requests that were forgotten. */
  forgetRequests: () => Promise<number>;
  mayJudge: () => void;
  log: Log;
  /** Default 1 s. */
  everyMs?: number;
}): { stop: () => Promise<void> } {
  const { enforceDeadlines, forgetRequests, mayJudge, log, everyMs = 1_000 } = options;
  let forgetAt = performance.now();
  const work = async (): Promise<void> => {
    mayJudge();
    const orders = await enforceDeadlines();
    if (orders > 0) log.info({ orders }, 'overdue steps asked again or given up');
    if (performance.now() < forgetAt) return;
    forgetAt = performance.now() + forgetEveryMs;
    const requests = await forgetRequests();
    if (requests > 0) log.info({ requests }, 'old requests forgotten');
  };
  const sweep = createSweep({ everyMs, work, log });
  sweep.start();
  return sweep;
}
