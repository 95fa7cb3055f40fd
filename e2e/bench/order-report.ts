import type { OrderFigures } from './measure-orders.ts';
import { histogramLines } from './percentiles.ts';
import { failureLines, machineLine, summaryTable, type stamp } from './report.ts';

const target = { frameP50: 25, frameP99: 120, placeP95: 40, confirmedP95: 1_000 };

export type Verdict = { what: string; isMet: boolean; isAboutLoad: boolean };

/** Which targets a run met; `isAboutLoad`: those that a rate has to meet to count as held. */
export function verdictsOn(figures: OrderFigures): Verdict[] {
  const { frameMs, placeMs, confirmedMs, failures, lost, twice, rate, ordersPerSecond } = figures;
  const verdict = (what: string, isMet: boolean, isAboutLoad: boolean): Verdict => ({ what, isMet, isAboutLoad });
  return [
    verdict(
      `commit to frame p50 <= ${String(target.frameP50)} ms, p99 <= ${String(target.frameP99)} ms`,
      frameMs.p50 <= target.frameP50 && frameMs.p99 <= target.frameP99,
      false,
    ),
    verdict(`placeOrder p95 <= ${String(target.placeP95)} ms`, placeMs.p95 <= target.placeP95, false),
    verdict(
      `placeOrder to CONFIRMED p95 <= ${String(target.confirmedP95)} ms`,
      confirmedMs.p95 <= target.confirmedP95,
      true,
    ),
    verdict('every order confirmed', Object.keys(failures).length === 0, true),
    verdict('no frame lost, none twice', lost + twice === 0, true),
    verdict(`the rate reached, ${String(rate)} orders/s`, ordersPerSecond >= 0.95 * rate, true),
  ];
}

type Result = ReturnType<typeof stamp> & {
  heldRate: number;
  options: { find: boolean };
  steps: readonly OrderFigures[];
};

/** The figures as tables for the terminal, one per rate. */
export function orderReportLines(result: Result): string[] {
  return [
    machineLine(result),
    ...result.steps.flatMap(stepLines),
    ...(result.options.find
      ? [`highest rate held: ${String(result.heldRate)} orders/s; ${limitOf(result.steps)}`]
      : []),
  ];
}

function stepLines(figures: OrderFigures): string[] {
  const { placeMs, confirmedMs, frameMs, etaFrameMs, histograms, failures, cpuMsPerOrder } = figures;
  const cpu = Object.entries(cpuMsPerOrder).map(([part, ms]) => `${part} ${ms.toFixed(1)}`);
  return [
    `${String(figures.rate)} orders/s asked, ${figures.ordersPerSecond.toFixed(1)} confirmed; ${figures.outboxEventsPerSecond.toFixed(0)} outbox events/s, ${figures.framesPerSecond.toFixed(0)} frames/s; frames lost ${String(figures.lost)}, twice ${String(figures.twice)}`,
    ...summaryTable({
      ...{ placeOrder: placeMs, 'placeOrder to CONFIRMED': confirmedMs },
      ...{ 'commit to frame': frameMs, 'commit to ETA frame': etaFrameMs },
    }),
    'commit to frame:',
    ...histogramLines(histograms.frameMs),
    'placeOrder to CONFIRMED:',
    ...histogramLines(histograms.confirmedMs),
    ...failureLines(failures),
    `CPU ms per order: ${cpu.join(', ')}`,
    `CPU of the machine: ${(figures.cpuShare * 100).toFixed(0)} %`,
    ...verdictsOn(figures).map(({ what, isMet }) => `${isMet ? 'met' : 'NOT met'}: ${what}`),
  ];
}

/** What the first rate that was not held ran into. */
function limitOf(steps: readonly OrderFigures[]): string {
  const last = steps.at(-1);
  if (last === undefined) return 'nothing was measured';
  const missed = verdictsOn(last).filter(({ isMet, isAboutLoad }) => isAboutLoad && !isMet);
  const [most] = Object.entries(last.cpuMsPerOrder);
  const cpu = `${(last.cpuShare * 100).toFixed(0)} % of the CPU taken, most by ${most?.[0] ?? 'nobody'}`;
  return `at ${String(last.rate)} not met: ${missed.map(({ what }) => what).join('; ')} (${cpu})`;
}
