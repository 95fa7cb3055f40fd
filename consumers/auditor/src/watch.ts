import type { Log } from '@waygraph/kit/log';
import { createSweep } from '@waygraph/kit/sweep';
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

  const sweep = createSweep({
    ...{ everyMs, log },
    work: () =>
      run().catch((error: unknown) => {
        metrics.failed();
        throw error;
      }),
  });
  return {
    start: sweep.start,
    /** Lets the run that is under way end. */
    stop: sweep.stop,
    /** One run, as `start` does them. */
    run,
  };
}
