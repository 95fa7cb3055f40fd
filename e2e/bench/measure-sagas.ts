import { cpus } from 'node:os';
import { cpuSeconds, supervisedPids } from './cpu-times.ts';
import { openLoop } from './open-loop.ts';
import type { OrderLoad } from './order-load.ts';
import { summarize, type Summary } from './percentiles.ts';
import type { SagaEnds } from './saga-ends.ts';

export type SagaRun = {
  /** Orders per second. */
  rate: number;
  seconds: number;
  warmup: number;
};

export type SagaFigures = {
  rate: number;
  /** The orders per second that were acknowledged. */
  placedPerSecond: number;
  placeMs: Summary;
  confirmedMs: Summary;
  /** Orders that were not confirmed when the pause after the last one was over. */
  behind: number;
  failures: Record<string, number>;
  /** CPU milliseconds per order, by process; `bench` is this one. */
  cpuMsPerOrder: Record<string, number>;
  /** 0..1: of all processors, what all of these took. */
  cpuShare: number;
};

/** So long after the last order nothing may be left to do. */
export const settleSeconds = 5;
/** Orders that may wait for their acknowledgement at once: so many seconds' worth. */
const underWaySeconds = 5;

const placeOrder = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id } userErrors { code message } } }`;
type Answer = { placeOrder: { order: { id: string } | null; userErrors: { code: string; message: string }[] } };

/** Places the order of that turn and gives its id; rejects with the reason when it is refused. */
export async function place(load: Pick<OrderLoad, 'order'>, index: number): Promise<string> {
  const { client, input } = load.order(index);
  const { placeOrder: payload } = await client.graph.ask<Answer>(placeOrder, { input });
  if (payload.order === null) throw new Error(payload.userErrors.map(({ code }) => code).join(', '));
  return payload.order.id;
}

/** One run at one rate, open loop: orders are placed and nobody watches. */
export async function measureSagas(options: {
  load: OrderLoad;
  ends: SagaEnds;
  run: SagaRun;
  environment: NodeJS.ProcessEnv;
  report: (line: string) => void;
}): Promise<SagaFigures> {
  const { load, ends, run, environment, report } = options;
  const { rate, seconds, warmup } = run;
  const [placeMs, orderIds] = [[] as number[], [] as string[]];
  const failures = new Map<string, number>();
  const pids = await supervisedPids(environment);
  report(`${String(rate)} orders/s for ${String(seconds)} s after ${String(warmup)} s of warm-up`);
  const measuringFrom = performance.now() + warmup * 1_000;
  let cpuBefore = cpuSeconds(pids);
  let ownBefore = process.cpuUsage();
  const mark = setTimeout(() => ([cpuBefore, ownBefore] = [cpuSeconds(pids), process.cpuUsage()]), warmup * 1_000);
  await openLoop({
    rate,
    seconds: warmup + seconds,
    rampSeconds: warmup / 2,
    maxUnderWay: Math.max(50, rate * underWaySeconds),
    send: index => place(load, index),
    onSent: sent => {
      if (sent.at < measuringFrom) return;
      if ('failure' in sent) failures.set(sent.failure, (failures.get(sent.failure) ?? 0) + 1);
      else {
        placeMs.push(sent.tookMs);
        orderIds.push(sent.result);
      }
    },
  });
  clearTimeout(mark);
  await new Promise(resolve => setTimeout(resolve, settleSeconds * 1_000));
  const confirmedMs = await ends.confirmedMs(orderIds);
  const own = process.cpuUsage(ownBefore);
  // A part that was restarted meanwhile has begun anew and would count for less than nothing: it is left out.
  const cpu = [...cpuSeconds(pids)]
    .map(([part, value]) => [part, value - (cpuBefore.get(part) ?? 0)] as const)
    .filter(([, value]) => value >= 0);
  const all = [...cpu, ['bench', (own.user + own.system) / 1e6] as const].sort(([, a], [, b]) => b - a);
  const total = all.reduce((sum, [, value]) => sum + value, 0);
  return {
    rate,
    placedPerSecond: orderIds.length / seconds,
    ...{ placeMs: summarize(placeMs), confirmedMs: summarize(confirmedMs) },
    behind: orderIds.length - confirmedMs.length,
    failures: Object.fromEntries(failures),
    cpuMsPerOrder: Object.fromEntries(
      all.map(([part, value]) => [part, (value * 1_000) / Math.max(1, orderIds.length)]),
    ),
    cpuShare: total / ((seconds + settleSeconds) * cpus().length),
  };
}
