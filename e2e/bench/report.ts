import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { histogramLines } from './percentiles.ts';
import type { Bucket, Summary } from './percentiles.ts';

export type Figures = {
  latencyMs: Summary;
  histogram: Bucket[];
  requestMs: Summary;
  changesPerSecond: number;
  /** Changes that did not reach the read database, or whose row somebody else changed before it was looked at. */
  lost: number;
  overtaken: number;
  /** Offers that differ between the databases in the end; changes the command side has too many or too few of. */
  different: number;
  surplus: number;
  missing: number;
  failures: Record<string, number>;
  cpuSeconds: Record<string, number>;
  cpuSecondsOver: number;
};

/** What figures depend on. */
export function stamp() {
  const git = (...args: string[]): string => {
    try {
      return execFileSync('git', args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    } catch {
      return '';
    }
  };
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? '',
    memoryMb: Math.round(totalmem() / 2 ** 20),
    node: process.version,
    load: loadavg(),
  };
  const isChanged = git('status', '--porcelain') !== '';
  return {
    at: new Date().toISOString(),
    commit: `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`,
    machine,
  };
}

/** The first line of every report. */
export const machineLine = ({ at, commit, machine }: ReturnType<typeof stamp>): string =>
  `${at}, commit ${commit}, ${String(machine.cpus)} x ${machine.model}, ${String(machine.memoryMb)} MB, Node ${machine.node}`;

/** A row of percentiles per thing that was measured. */
export function summaryTable(rows: Readonly<Record<string, Summary>>): string[] {
  const width = Math.max(...Object.keys(rows).map(name => name.length));
  const line = (name: string, count: string, values: string[]): string =>
    [name.padEnd(width), count.padStart(7), ...values.map(value => value.padStart(11))].join(' ');
  return [
    line('', 'count', ['mean', 'p50', 'p90', 'p95', 'p99', 'max']),
    ...Object.entries(rows).map(([name, { count, mean, p50, p90, p95, p99, max }]) =>
      line(
        name,
        String(count),
        [mean, p50, p90, p95, p99, max].map(value => `${value.toFixed(1)} ms`),
      ),
    ),
  ];
}

export const failureLines = (failures: Readonly<Record<string, number>>): string[] =>
  Object.entries(failures).map(([failure, count]) => `${String(count)} x failed: ${failure}`);

type Result = ReturnType<typeof stamp> & Figures & { sameServer: boolean };

/** The figures as a table for the terminal. */
export function reportLines(result: Result): string[] {
  const { latencyMs, requestMs, lost, overtaken, different, surplus, missing, failures } = result;
  const cpu = Object.entries(result.cpuSeconds).map(([part, value]) => `${part} ${value.toFixed(1)}`);
  return [
    machineLine(result),
    ...summaryTable({ 'commit to read': latencyMs, request: requestMs }),
    ...histogramLines(result.histogram),
    `${result.changesPerSecond.toFixed(1)} changes/s; lost ${String(lost)}, different ${String(different)}, twice ${String(surplus)}, missing ${String(missing)}, changed by others ${String(overtaken)}`,
    ...failureLines(failures),
    `CPU seconds over ${result.cpuSecondsOver.toFixed(0)} s: ${cpu.join(', ')}`,
    ...(result.sameServer
      ? []
      : ['the databases are on different servers: the figures contain the difference of their clocks']),
  ];
}
