// npm test: the integration and end-to-end tests against a running system of their own, then the destructive ones against a second.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinary } from './application.ts';
import { ensureComposeProgram } from './compose-program.ts';
import { controlSocket, deleteFolder, paths } from './folder.ts';
import { onInterrupt, runForeground, since } from './foreground.ts';
import { ensureKeys } from './keys.ts';
import { outsideFolders } from './postgres.ts';
import { fail, print } from './say.ts';
import { loadSettings, ownSystem, repository, type Settings } from './settings.ts';

type Phase = {
  name: string;
  projects: readonly string[];
  folder: string;
  portOffset: number;
  /** Tests that kill parts would kill them under each other's feet. */
  oneByOne: boolean;
  /** A test that hangs must not hang whoever waits for the result. */
  longestMinutes: number;
  /** Runs only when it is asked for by name. */
  byNameOnly?: boolean;
  /** What else Jest is told. */
  jest?: readonly string[];
};

const phases: readonly Phase[] = [
  {
    ...{ name: 'integration', projects: ['int', 'e2e'], folder: '.data-test', portOffset: 10_000 },
    ...{ oneByOne: false, longestMinutes: 20 },
  },
  {
    ...{ name: 'fault', projects: ['fault'], folder: '.data-fault', portOffset: 20_000 },
    ...{ oneByOne: true, longestMinutes: 20 },
  },
  {
    ...{ name: 'faults', projects: ['fault', 'faults'], folder: '.data-fault', portOffset: 20_000 },
    ...{ oneByOne: true, longestMinutes: 25, byNameOnly: true },
    jest: [
      `--testSequencer=${join(repository, 'e2e/faults/in-order.js')}`,
      // What they do is part of other suites here.
      ...['/node_modules/', 'between-parts\\.fault', 'kill-each\\.fault'].map(
        path => `--testPathIgnorePatterns=${path}`,
      ),
    ],
  },
];

const results = join(repository, '.data-test-results');

const countsFile = (phase: Phase): string => join(results, `${phase.name}-counts.jsonl`);

/** Runs Jest with the addresses of a running system; its exit code. */
function runJest(phase: Phase, settings: Settings, args: readonly string[], interrupt: AbortSignal): Promise<number> {
  const env = {
    ...settings.machine,
    ...settings.env,
    ...ensureKeys(paths(settings.data).keys),
    GATEWAY_URL: `http://127.0.0.1:${String(settings.ports.GATEWAY_PORT)}`,
    WAYGRAPH_CONTROL: controlSocket(settings.data),
    WAYGRAPH_STATE: paths(settings.data).state,
    FAULT_COUNTS: countsFile(phase),
  };
  const jest = join(repository, 'node_modules/jest/bin/jest.js');
  const outputFile = join(results, `${phase.name}.json`);
  const child = spawn(
    nodeBinary,
    [
      ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest],
      ...['--selectProjects', ...phase.projects, '--json', `--outputFile=${outputFile}`, '--passWithNoTests', ...args],
      ...(phase.oneByOne ? ['--runInBand'] : []),
      ...(phase.jest ?? []),
    ],
    { cwd: repository, env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  interrupt.addEventListener('abort', () => child.kill('SIGTERM'));
  return new Promise(resolve => {
    const end = (why: string): void => {
      print(`${phase.name}: ${why}; ending Jest`);
      child.kill('SIGKILL');
    };
    const deadline = setTimeout(() => {
      end(`the tests are not over after ${String(phase.longestMinutes)} minutes`);
    }, phase.longestMinutes * 60_000);
    const lingering = setInterval(() => {
      if (!existsSync(outputFile)) return;
      clearInterval(lingering);
      setTimeout(() => {
        if (child.exitCode === null) end('a test has left something running: Jest does not exit');
      }, 20_000).unref();
    }, 1_000);
    child.on('exit', code => {
      clearTimeout(deadline);
      clearInterval(lingering);
      resolve(code ?? 1);
    });
  });
}

function counts(phase: Phase): string {
  const file = join(results, `${phase.name}.json`);
  if (!existsSync(file)) return 'no result';
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  return `${String(numPassedTests)} passed, ${String(numFailedTests)} failed`;
}

/** What each suite with faults has done, and all together. */
function faultCounts(phase: Phase): string[] {
  const file = countsFile(phase);
  if (!existsSync(file)) return [];
  const suites = readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Counts);
  const sum = (of: (counts: Counts) => number): number => suites.reduce((total, counts) => total + of(counts), 0);
  const all: Counts = {
    ...{ suite: 'all together', faults: sum(one => one.faults), orders: sum(one => one.orders) },
    ...{ checks: sum(one => one.checks), underWay: sum(one => one.underWay), seconds: sum(one => one.seconds) },
  };
  return [...suites, all].map(
    ({ suite, faults, orders, checks, underWay, seconds }) =>
      `${suite}: ${String(faults)} faults injected and seen, ${String(orders)} orders, ${String(checks)} checks, ` +
      `${String(underWay)} things left to an operator, ${String(seconds)} s`,
  );
}
type Counts = Record<'faults' | 'orders' | 'checks' | 'underWay' | 'seconds', number> & { suite: string };

function removeData(settings: Settings): void {
  deleteFolder(settings.data, outsideFolders(settings.data));
}

async function runPhase(
  phase: Phase,
  settings: Settings,
  args: readonly string[],
  interrupt: AbortSignal,
): Promise<boolean> {
  const begin = performance.now();
  print(`${phase.name}: starting a system of its own in ${settings.data}`);
  removeData(settings);
  const system = runForeground(settings, print);
  let passed = false;
  try {
    await Promise.race([
      system.ready,
      new Promise<void>(resolve => {
        interrupt.addEventListener('abort', () => {
          resolve();
        });
      }),
    ]);
    if (!interrupt.aborted) {
      print(
        `${phase.name}: the system is ready after ${since(begin)}; running the ${phase.projects.join(' and ')} tests`,
      );
      const tests = performance.now();
      passed = (await runJest(phase, settings, args, interrupt)) === 0;
      for (const line of faultCounts(phase)) print(`  ${line}`);
      print(`${phase.name}: ${counts(phase)} in ${since(tests)}`);
    }
  } finally {
    await system.stop(() => undefined);
    const logs = join(results, `${phase.name}-logs`);
    if (!passed && existsSync(paths(settings.data).log)) {
      cpSync(paths(settings.data).log, logs, { recursive: true });
      print(`${phase.name}: logs are in ${logs}`);
    }
    if (settings.keep) print(`${phase.name}: ${settings.data} is kept (KEEP=1)`);
    else removeData(settings);
  }
  print(`${phase.name}: ${passed ? 'passed' : 'FAILED'} after ${since(begin)}`);
  return passed;
}

async function main(args: readonly string[]): Promise<void> {
  const begin = performance.now();
  const only = args.find(arg => arg.startsWith('--only='))?.slice('--only='.length);
  const rest = args.filter(arg => !arg.startsWith('--only='));
  const base = loadSettings();
  const interrupt = onInterrupt(base, print);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  await ensureComposeProgram(base.machine, print);
  const failed: string[] = [];
  for (const phase of phases.filter(({ name, byNameOnly }) =>
    only === undefined ? byNameOnly !== true : only === name,
  )) {
    if (interrupt.aborted) break;
    const settings = ownSystem(base, join(repository, phase.folder), phase.portOffset);
    if (!(await runPhase(phase, settings, rest, interrupt))) failed.push(phase.name);
  }
  print(
    interrupt.aborted
      ? `tests: interrupted after ${since(begin)}`
      : `tests: ${failed.length === 0 ? 'all passed' : `${failed.join(' and ')} FAILED`} in ${since(begin)}`,
  );
  process.exit(interrupt.aborted ? 130 : failed.length === 0 ? 0 : 1);
}

await main(process.argv.slice(2)).catch(fail);
