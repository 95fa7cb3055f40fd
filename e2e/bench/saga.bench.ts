// What the saga carries, and how it ends when there is not enough: `npm run bench -- saga`, on a running system.
import { parseArgs } from 'node:util';
import { keepResult, numberOf, systemOf, type Bench } from './bench.ts';
import { measureSagas, settleSeconds, type SagaFigures } from './measure-sagas.ts';
import { openOrderLoad } from './order-load.ts';
import { failureLines, machineLine, stamp, summaryTable } from './report.ts';
import { openSagaEnds } from './saga-ends.ts';
import { sellTheLast, type ScarceFigures } from './scarce-orders.ts';

const target = { confirmedP95: 1_500, soldOutSeconds: 5, endedSeconds: 20 };

/** Prints the figures, writes them to `results` as JSON and gives whether the targets were met. */
export async function run({ env, args, results, report }: Bench): Promise<{ ok: boolean; file: string }> {
  const options = readOptions(args);
  const { urls, gateway, tokens } = systemOf(env);
  report('sellers, products and customers of the bench: getting ready');
  const load = await openOrderLoad({ gateway, urls, tokens, cardShare: options.card });
  const ends = openSagaEnds(urls['orders'] ?? '');
  try {
    const figures = await measureSagas({ load, ends, run: options, environment: { ...env }, report });
    report(`${String(options.scarce)} orders at once for the last units of a product`);
    const inventoryUrl = urls['inventory'] ?? '';
    const scarce = await sellTheLast({ load, ends, inventoryUrl, orders: options.scarce });
    const verdicts = verdictsOn(figures, scarce);
    const result = { bench: 'saga', ...stamp(), options, figures, scarce, verdicts };
    const file = await keepResult(results, result);
    for (const line of [machineLine(result), ...linesOf(figures, scarce)]) report(line);
    for (const { what, isMet } of verdicts) report(`${isMet ? 'met' : 'NOT met'}: ${what}`);
    report(`written to ${file}`);
    return { ok: verdicts.every(({ isMet }) => isMet), file };
  } finally {
    await load.close();
    await ends.close();
  }
}

function verdictsOn(figures: SagaFigures, scarce: ScarceFigures): { what: string; isMet: boolean }[] {
  const { rate, placedPerSecond, confirmedMs, behind, failures } = figures;
  return [
    { what: `the rate reached, ${String(rate)} orders/s`, isMet: placedPerSecond >= 0.95 * rate },
    { what: `p95 to CONFIRMED <= ${String(target.confirmedP95)} ms`, isMet: confirmedMs.p95 <= target.confirmedP95 },
    { what: `nothing left to do ${String(settleSeconds)} s after the last order`, isMet: behind === 0 },
    { what: 'every order acknowledged', isMet: Object.keys(failures).length === 0 },
    {
      what: `exactly ${String(scarce.units)} of the last units sold, within ${String(target.soldOutSeconds)} s`,
      isMet: scarce.sold === scarce.units && scarce.soldOutSeconds <= target.soldOutSeconds,
    },
    {
      what: `all of those ended within ${String(target.endedSeconds)} s`,
      isMet: scarce.endedSeconds <= target.endedSeconds,
    },
  ];
}

function linesOf(figures: SagaFigures, scarce: ScarceFigures): string[] {
  const { rate, placedPerSecond, placeMs, confirmedMs, behind, failures, cpuMsPerOrder, cpuShare } = figures;
  const cpu = Object.entries(cpuMsPerOrder).map(([part, ms]) => `${part} ${ms.toFixed(1)}`);
  const statuses = Object.entries(scarce.byStatus).map(([status, count]) => `${String(count)} ${status}`);
  return [
    `${String(rate)} orders/s asked, ${placedPerSecond.toFixed(1)} acknowledged; ${String(behind)} not confirmed ${String(settleSeconds)} s after the last`,
    ...summaryTable({ placeOrder: placeMs, 'OrderPlaced to OrderConfirmed': confirmedMs }),
    ...failureLines(failures),
    `CPU ms per order: ${cpu.join(', ')}`,
    `CPU of the machine: ${(cpuShare * 100).toFixed(0)} %`,
    `${String(scarce.orders)} orders at once for ${String(scarce.units)} units: ${String(scarce.sold)} sold after ${scarce.soldOutSeconds.toFixed(1)} s, all ended after ${scarce.endedSeconds.toFixed(1)} s (${statuses.join(', ')})`,
  ];
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '40' },
      seconds: { type: 'string', default: '60' },
      warmup: { type: 'string', default: '20' },
      card: { type: 'string', default: '0.1' },
      scarce: { type: 'string', default: '300' },
    },
  });
  const number = numberOf(values);
  return {
    ...{ rate: number('rate', 0.1), seconds: number('seconds', 1), warmup: number('warmup', 0) },
    ...{ card: number('card', 0, 1), scarce: number('scarce', 10, 5_000) },
  };
}
