import type { Log } from '@waygraph/kit/log';
import type { Audit, AuditOptions } from './audit.ts';
import type { Finding } from './finding.ts';
import type { Metrics } from './metrics.ts';

/** So many findings are remembered, so that each is told once. */
const mostRemembered = 10_000;

export type WatchOptions = {
  readonly audit: (options: AuditOptions) => Promise<Audit>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly patience: Required<Pick<AuditOptions, 'quietMs' | 'graceMs' | 'lateMs'>>;
  /** Between two runs. */
  readonly everyMs: number;
  /** Between two runs over everything; those in between look at what is new. */
  readonly everythingEveryMs: number;
  readonly now?: () => number;
};

const keyOf = ({ invariant, id }: Finding): string => `${invariant} ${id}`;

/**
 * Runs the audit again and again. A finding is logged when it is first seen, and counts as standing until a run over everything does
 * not see it any more.
 */
export function createWatch(options: WatchOptions) {
  const { audit, metrics, log, patience, everyMs, everythingEveryMs, now = Date.now } = options;
  let standing = new Map<string, Finding>();
  let lastEverythingMs = -Infinity;
  let lastBeginMs = 0;
  let isFailing = false;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let wake = (): void => undefined;

  async function run(): Promise<void> {
    const beginMs = now();
    const isEverything = beginMs - lastEverythingMs >= everythingEveryMs;
    // What was too young the last time is old enough now.
    const since = isEverything ? undefined : new Date(lastBeginMs - patience.graceMs - patience.quietMs);
    const result = await audit({ ...patience, since });
    const seen = new Map(result.findings.map(finding => [keyOf(finding), finding]));
    const fresh = [...seen].filter(([key]) => !standing.has(key)).map(([, finding]) => finding);
    for (const finding of fresh) log.error(finding, 'an invariant does not hold');
    standing = new Map([...(isEverything ? [] : standing), ...seen].slice(0, mostRemembered));
    if (isEverything) lastEverythingMs = beginMs;
    lastBeginMs = beginMs;
    metrics.ran({
      ...{ audit: result, atMs: now(), tookMs: now() - beginMs },
      fresh: fresh.map(({ invariant }) => invariant),
      standing: [...standing.values()].map(({ invariant }) => invariant),
    });
  }

  async function runAgainAndAgain(): Promise<void> {
    while (!stopped) {
      try {
        await run();
        if (isFailing) log.info('audited again');
        isFailing = false;
      } catch (error) {
        metrics.failed();
        if (!isFailing) log.warn({ err: error }, 'not audited');
        isFailing = true;
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
    start: (): void => {
      running = runAgainAndAgain();
    },
    /** Lets the run that is under way end. */
    stop: (): Promise<void> => {
      stopped = true;
      wake();
      return running;
    },
    /** One run, as `start` does them. */
    run,
  };
}
