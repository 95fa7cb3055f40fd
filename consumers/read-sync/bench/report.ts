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

type Result = ReturnType<typeof stamp> & Figures & { sameServer: boolean };

/** The figures as a table for the terminal. */
export function reportLines(result: Result): string[] {
  const { machine, latencyMs, requestMs, lost, overtaken, different, surplus, missing, failures } = result;
  const ms = (value: number): string => `${value.toFixed(1)} ms`.padStart(11);
  const row = (name: string, { count, mean, p50, p90, p99, max }: Summary): string =>
    [name.padEnd(15), String(count).padStart(7), ...[mean, p50, p90, p99, max].map(ms)].join(' ');
  const cpu = Object.entries(result.cpuSeconds).map(([part, value]) => `${part} ${value.toFixed(1)}`);
  return [
    `${result.at}, commit ${result.commit}, ${String(machine.cpus)} x ${machine.model}, ${String(machine.memoryMb)} MB, Node ${machine.node}`,
    ['', '', 'count', 'mean', 'p50', 'p90', 'p99', 'max']
      .map((name, column) => name.padStart([15, 0, 7][column] ?? 11))
      .join(' '),
    row('commit to read', latencyMs),
    row('request', requestMs),
    ...histogramLines(result.histogram),
    `${result.changesPerSecond.toFixed(1)} changes/s; lost ${String(lost)}, different ${String(different)}, twice ${String(surplus)}, missing ${String(missing)}, changed by others ${String(overtaken)}`,
    ...Object.entries(failures).map(([failure, count]) => `${String(count)} x refused: ${failure}`),
    `CPU seconds over ${result.cpuSecondsOver.toFixed(0)} s: ${cpu.join(', ')}`,
    ...(result.sameServer
      ? []
      : ['the databases are on different servers: the figures contain the difference of their clocks']),
  ];
}
