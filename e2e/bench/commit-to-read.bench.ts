// How long after its commit a change of stock is in the read database: `npm run bench -- commit-to-read`, on a running system.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { keepResult, numberOf, type Bench } from './bench.ts';
import { compareSides, createTracker } from './change-tracker.ts';
import type { Count } from './change-tracker.ts';
import { openCommitTimes } from './commit-times.ts';
import type { CommitTimes } from './commit-times.ts';
import { cpuSeconds, supervisedPids } from './cpu-times.ts';
import { openLoop } from './open-loop.ts';
import { histogram, summarize } from './percentiles.ts';
import { reportLines, stamp } from './report.ts';
import type { Figures } from './report.ts';
import { directSender, httpSender } from './senders.ts';
import type { Sender, Target } from './senders.ts';

// A row is looked at when its change is this old, and changed again much later: each change is its row's newest when read.
const settleMs = 2_000;
const repeatAfterSeconds = 8;
const patienceMs = 20_000;
// Two seconds' worth at the usual rate: a system that is behind by more cannot keep up, and is not pushed over.
const maxUnderWay = 200;
const target = { p50: 25, p99: 150 };

/** Prints the figures, writes them to `results` as JSON and gives whether nothing was lost and the target was met. */
export async function run({ env, args, results, report }: Bench): Promise<{ ok: boolean; file: string }> {
  const options = readOptions(args);
  const urls = addresses(env);
  const environment = { ...env };
  const runId = `bench-${randomUUID()}`;
  const times = await openCommitTimes(urls);
  const sender = options.direct
    ? await directSender(urls.command, runId)
    : await httpSender(urls.gateway, environment, runId);
  try {
    const figures = await measure({ times, sender, options, environment, report });
    const result = { bench: 'commit-to-read', ...stamp(), options, sameServer: times.sameServer, ...figures };
    const file = await keepResult(results, result);
    for (const line of reportLines(result)) report(line);
    report(`written to ${file}`);
    const isFast = figures.latencyMs.p50 <= target.p50 && figures.latencyMs.p99 <= target.p99;
    const isWhole = figures.lost + figures.different + figures.surplus + figures.missing === 0;
    const isComplete = Object.keys(figures.failures).length === 0;
    const isAtRate = figures.changesPerSecond >= 0.95 * options.rate;
    for (const [what, isMet] of [
      [`p50 <= ${String(target.p50)} ms, p99 <= ${String(target.p99)} ms`, isFast],
      ['nothing lost, nothing twice', isWhole],
      ['every change accepted', isComplete],
      [`the rate reached, ${String(options.rate)} changes/s`, isAtRate],
    ] as const) {
      report(`${isMet ? 'met' : 'NOT met'}: ${what}`);
    }
    return { ok: isFast && isWhole && isComplete && isAtRate, file };
  } finally {
    await sender.close();
    await times.close();
  }
}

type Options = { rate: number; seconds: number; warmup: number; direct: boolean };

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '30' },
      warmup: { type: 'string', default: '20' },
      direct: { type: 'boolean', default: false },
    },
  });
  const number = numberOf(values);
  return {
    rate: number('rate', 1),
    seconds: number('seconds', 1),
    warmup: number('warmup', 0),
    direct: values.direct,
  };
}

function addresses(env: Bench['env']): { command: string; read: string; gateway: string } {
  const port = env['POSTGRES_PORT'] ?? '5432';
  return {
    command: env['INVENTORY_DATABASE_URL'] ?? `postgres://inventory:inventory@127.0.0.1:${port}/command`,
    read: env['READ_DATABASE_URL'] ?? `postgres://reader:reader@127.0.0.1:${port}/read`,
    gateway: `http://127.0.0.1:${env['GATEWAY_PORT'] ?? '4000'}/graphql`,
  };
}

type Work = {
  times: CommitTimes;
  sender: Sender;
  options: Options;
  environment: NodeJS.ProcessEnv;
  report: (line: string) => void;
};

async function measure({ times, sender, options, environment, report }: Work): Promise<Figures> {
  const { rate, seconds, warmup } = options;
  const all = await times.targets();
  if (all.length < rate * repeatAfterSeconds) {
    throw new Error(
      `${String(all.length)} offers allow at most --rate ${String(Math.floor(all.length / repeatAfterSeconds))}`,
    );
  }
  const before = new Map(all.map(({ offerId, version }) => [offerId, version]));
  const [counts, tracker, requestMs] = [new Map<string, Count>(), createTracker(), [] as number[]];
  const failures = new Map<string, number>();
  // Adds one and takes one in turns, so that a bench leaves the stock about as it was.
  const adjust = async (index: number): Promise<{ offer: Target; version: number }> => {
    const offer = all[index % all.length];
    if (offer === undefined) throw new RangeError('no offers');
    const count = counts.get(offer.offerId) ?? { sent: 0, accepted: 0 };
    counts.set(offer.offerId, count);
    count.sent += 1;
    const version = await sender.adjust(offer, Math.floor(index / all.length) % 2 === 0 ? 1 : -1);
    count.accepted += 1;
    return { offer, version };
  };

  const pids = await supervisedPids(environment);
  let cpuBefore = cpuSeconds(pids);
  let ownBefore = process.cpuUsage();
  report(
    `${String(rate)} changes/s for ${String(seconds)} s after ${String(warmup)} s of warm-up, ${options.direct ? 'through the use case' : 'through the gateway'}`,
  );
  const start = performance.now();
  const measuringFrom = start + warmup * 1_000;
  const marks = setTimeout(() => ([cpuBefore, ownBefore] = [cpuSeconds(pids), process.cpuUsage()]), warmup * 1_000);
  let isSending = true;
  const watching = watch(times, tracker, () => isSending);
  // Its failure is told where it is awaited, below; until then it must not end the process.
  watching.catch(() => undefined);
  await openLoop({
    rate,
    seconds: warmup + seconds,
    // Cold processes compile what they run: at the full rate at once they would only pile up requests.
    rampSeconds: warmup / 2,
    maxUnderWay,
    send: adjust,
    onSent: sent => {
      const isWarmUp = sent.at < measuringFrom;
      if ('failure' in sent) {
        if (!isWarmUp) failures.set(sent.failure, (failures.get(sent.failure) ?? 0) + 1);
        return;
      }
      const { offer, version } = sent.result;
      if (!isWarmUp) requestMs.push(sent.tookMs);
      tracker.add({ offerId: offer.offerId, version, sentAt: performance.now(), isWarmUp });
    },
  });
  clearTimeout(marks);
  const sendingSeconds = (performance.now() - measuringFrom) / 1_000;
  // A part that was restarted meanwhile has begun anew and would count for less than nothing: it is left out.
  const cpu = [...cpuSeconds(pids)]
    .map(([part, value]) => [part, value - (cpuBefore.get(part) ?? 0)] as const)
    .filter(([, value]) => value >= 0);
  const own = process.cpuUsage(ownBefore);
  isSending = false;
  await watching;

  const { latenciesMs, ...outcome } = tracker.outcome();
  const ends = compareSides(await times.of([...counts.keys()]), before, counts);
  return {
    latencyMs: summarize(latenciesMs),
    histogram: histogram(latenciesMs),
    requestMs: summarize(requestMs),
    changesPerSecond: requestMs.length / sendingSeconds,
    ...outcome,
    ...ends,
    failures: Object.fromEntries(failures),
    cpuSeconds: { ...Object.fromEntries(cpu), bench: (own.user + own.system) / 1e6 },
    cpuSecondsOver: sendingSeconds,
  };
}

/** Looks at changes when they have had time to arrive; after the last one, until all have or patience ends. */
async function watch(
  times: CommitTimes,
  tracker: ReturnType<typeof createTracker>,
  isSending: () => boolean,
): Promise<void> {
  let deadline = Number.POSITIVE_INFINITY;
  while (performance.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 500));
    const due = tracker.pending(performance.now(), isSending() ? settleMs : 0);
    if (due.length > 0) tracker.settle(await times.of(due));
    else if (!isSending()) return;
    if (!isSending()) deadline = Math.min(deadline, performance.now() + patienceMs);
  }
}
