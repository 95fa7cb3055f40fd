import { cpus } from 'node:os';
import { cpuSeconds, supervisedPids } from './cpu-times.ts';
import type { EventCommits } from './event-commits.ts';
import { openLoop } from './open-loop.ts';
import type { OrderLoad } from './order-load.ts';
import { followOrder, type Arrival } from './order-watcher.ts';
import { histogram, summarize, type Bucket, type Summary } from './percentiles.ts';

export type OrderRun = {
  /** Orders per second. */
  rate: number;
  seconds: number;
  warmup: number;
  /** Subscriptions to `orderChanged` per order. */
  subscribers: number;
  /** 0..1: the share of orders whose `orderEta` is watched too. */
  etaShare: number;
};

export type OrderFigures = {
  /** What was asked for, and the orders per second that were confirmed. */
  rate: number;
  ordersPerSecond: number;
  placeMs: Summary;
  confirmedMs: Summary;
  /** From an event's commit to its frame at the client. */
  frameMs: Summary;
  etaFrameMs: Summary;
  histograms: Record<'placeMs' | 'confirmedMs' | 'frameMs', Bucket[]>;
  outboxEventsPerSecond: number;
  framesPerSecond: number;
  lost: number;
  twice: number;
  failures: Record<string, number>;
  /** CPU milliseconds per order, by process; `bench` is this one. */
  cpuMsPerOrder: Record<string, number>;
  /** 0..1: of all processors, what all of these took. */
  cpuShare: number;
};

/** Orders that may be on their way at once: so many seconds' worth. Beyond, the system is not kept up with but pushed over. */
const underWaySeconds = 15;

/** One run at one rate, open loop. */
export async function measureOrders({
  load,
  commits,
  options,
  environment,
  report,
}: {
  load: OrderLoad;
  commits: EventCommits;
  options: OrderRun;
  environment: NodeJS.ProcessEnv;
  report: (line: string) => void;
}): Promise<OrderFigures> {
  const { rate, seconds, warmup, subscribers, etaShare } = options;
  const [placeMs, confirmedMs, arrivals] = [[] as number[], [] as number[], [] as Arrival[]];
  const failures = new Map<string, number>();
  const faults = { lost: 0, twice: 0 };
  const pids = await supervisedPids(environment);
  let cpuBefore = cpuSeconds(pids);
  let ownBefore = process.cpuUsage();
  let cpuAfter = cpuBefore;
  let own = process.cpuUsage(ownBefore);
  report(`${String(rate)} orders/s for ${String(seconds)} s after ${String(warmup)} s of warm-up`);
  const start = performance.now();
  const measuringFrom = start + warmup * 1_000;
  const marks = [
    setTimeout(() => ([cpuBefore, ownBefore] = [cpuSeconds(pids), process.cpuUsage()]), warmup * 1_000),
    setTimeout(() => ([cpuAfter, own] = [cpuSeconds(pids), process.cpuUsage(ownBefore)]), (warmup + seconds) * 1_000),
  ];
  let finished = 0;
  await openLoop({
    rate,
    seconds: warmup + seconds,
    rampSeconds: warmup / 2,
    maxUnderWay: Math.max(50, rate * underWaySeconds),
    send: index => {
      const { client, input } = load.order(index);
      const withEta = Math.floor((index + 1) * etaShare) > Math.floor(index * etaShare);
      return followOrder(client, input, { subscribers, withEta });
    },
    onSent: sent => {
      if (sent.at < measuringFrom) return;
      finished += 1;
      if ('failure' in sent) {
        failures.set(sent.failure, (failures.get(sent.failure) ?? 0) + 1);
        return;
      }
      placeMs.push(sent.result.placeMs);
      confirmedMs.push(sent.result.confirmedMs);
      arrivals.push(...sent.result.arrivals);
      faults.lost += sent.result.lost;
      faults.twice += sent.result.twice;
    },
  });
  for (const mark of marks) clearTimeout(mark);

  const fromMs = performance.timeOrigin + measuringFrom;
  const events = await commits.between(fromMs, fromMs + seconds * 1_000);
  const frames = await frameLatencies(arrivals, commits);
  // A part that was restarted meanwhile has begun anew and would count for less than nothing: it is left out.
  const cpu = [...cpuAfter]
    .map(([part, value]) => [part, value - (cpuBefore.get(part) ?? 0)] as const)
    .filter(([, value]) => value >= 0);
  const all = [...cpu, ['bench', (own.user + own.system) / 1e6] as const];
  const cpuTotal = all.reduce((sum, [, value]) => sum + value, 0);
  return {
    rate,
    ordersPerSecond: confirmedMs.length / seconds,
    ...{ placeMs: summarize(placeMs), confirmedMs: summarize(confirmedMs) },
    ...{ frameMs: summarize([...frames.order, ...frames.eta]), etaFrameMs: summarize(frames.eta) },
    histograms: {
      ...{ placeMs: histogram(placeMs), confirmedMs: histogram(confirmedMs) },
      frameMs: histogram([...frames.order, ...frames.eta]),
    },
    outboxEventsPerSecond: events / seconds,
    framesPerSecond: arrivals.length / seconds,
    ...faults,
    failures: Object.fromEntries(failures),
    cpuMsPerOrder: Object.fromEntries(
      all
        .map(([part, value]) => [part, (value * 1_000) / Math.max(1, finished)] as const)
        .sort(([, a], [, b]) => b - a),
    ),
    cpuShare: cpuTotal / (seconds * cpus().length),
  };
}

async function frameLatencies(
  arrivals: readonly Arrival[],
  commits: EventCommits,
): Promise<Record<Arrival['kind'], number[]>> {
  const committed = await commits.of([...new Set(arrivals.map(({ eventId }) => eventId))]);
  const latencies: Record<Arrival['kind'], number[]> = { order: [], eta: [] };
  for (const { eventId, kind, atUs } of arrivals) {
    const us = committed.get(eventId);
    if (us !== undefined) latencies[kind].push((atUs - us) / 1_000);
  }
  return latencies;
}
