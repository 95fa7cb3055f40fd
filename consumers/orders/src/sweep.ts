import type { Log } from '@waygraph/kit/log';
import { createSweep } from '@waygraph/kit/sweep';

const forgetEveryMs = 3_600_000;
/** Who has nothing to read is some hundred ms behind all the same. */
const leastLagMs = 2_000;

/**
 * Throws while anything that this process reads, of whatever topic, has waited there for as long as a step may take: an answer may be
 * among it. It says nothing of what other members of the group read.
 */
export function assertCaughtUp(lagMs: number, stepTimeoutMs: number): void {
  if (lagMs >= Math.max(stepTimeoutMs, leastLagMs)) throw new Error(`answers are read ${Math.round(lagMs)} ms behind`);
}

/**
 * Enforces deadlines again and again, and now and then forgets requests that nobody will repeat any more. `mayJudge`, asked before each
 * order, throws while this process does not keep up with what it reads: then it asks nobody again and no step fails by it. A fault is
 * logged; the next turn comes. The stop waits for one order, not for all of them.
 */
export function startSweep(options: {
  /** Gives the number of orders that were changed; ends when it may not go on. */
  enforceDeadlines: (mayGoOn: () => boolean) => Promise<number>;
  /** Gives the number of requests that were forgotten. */
  forgetRequests: () => Promise<number>;
  mayJudge: () => void;
  log: Log;
  /** Default 1 s. */
  everyMs?: number;
}): { stop: () => Promise<void> } {
  const { enforceDeadlines, forgetRequests, mayJudge, log, everyMs = 1_000 } = options;
  let forgetAt = performance.now();
  let isStopped = false;
  const forget = async (): Promise<void> => {
    if (performance.now() < forgetAt) return;
    forgetAt = performance.now() + forgetEveryMs;
    const requests = await forgetRequests();
    if (requests > 0) log.info({ requests }, 'old requests forgotten');
  };
  const mayGoOn = (): boolean => {
    if (isStopped) return false;
    mayJudge();
    return true;
  };
  const work = async (): Promise<void> => {
    // First, since it needs nobody's permission.
    await forget();
    const orders = await enforceDeadlines(mayGoOn);
    if (orders > 0) log.info({ orders }, 'overdue steps asked again or given up');
  };
  const sweep = createSweep({ everyMs, work, log });
  sweep.start();
  return {
    stop: () => {
      isStopped = true;
      return sweep.stop();
    },
  };
}
