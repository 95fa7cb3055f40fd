// npm run bench -- <name> [options]: against the system that runs in this data folder, else against one of its own.
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isUp } from './control.ts';
import { controlSocket, deleteFolder, paths } from './folder.ts';
import { onInterrupt, runForeground, since } from './foreground.ts';
import { ensureKeys } from './keys.ts';
import { outsideFolders } from './postgres.ts';
import { Fault, fail, print } from './say.ts';
import { loadSettings, ownSystem, repository, type Settings } from './settings.ts';

/** What a file `bench/<name>.bench.ts` exports. */
type Bench = {
  run: (bench: {
    env: Record<string, string>;
    args: readonly string[];
    /** Folder for the figures as JSON. */
    results: string;
    report: (line: string) => void;
  }) => Promise<{ ok: boolean }>;
};

const folder = '.data-bench';
const portOffset = 30_000;
// In no data folder: that of a system of the bench's own is gone afterwards.
const results = join(repository, '.data-bench-results');

function findBench(name: string | undefined): string {
  const files = globSync('{gateway,subgraphs/*,consumers/*,e2e}/bench/*.bench.ts', { cwd: repository });
  const names = files.map(file => basename(file, '.bench.ts')).sort();
  const file = files.find(one => basename(one, '.bench.ts') === name);
  if (file === undefined) throw new Fault(`expected the name of a benchmark: ${names.join(', ')}`);
  return join(repository, file);
}

const runBench = async (file: string, settings: Settings, args: readonly string[]): Promise<boolean> => {
  const env = {
    ...settings.env,
    ...ensureKeys(paths(settings.data).keys),
    WAYGRAPH_CONTROL: controlSocket(settings.data),
  };
  const bench = (await import(file)) as Bench;
  return (await bench.run({ env, args, results, report: print })).ok;
};

async function main([name, ...args]: readonly string[]): Promise<void> {
  const file = findBench(name);
  const base = loadSettings();
  if (await isUp(controlSocket(base.data))) {
    process.exit((await runBench(file, base, args)) ? 0 : 1);
  }
  const begin = performance.now();
  const interrupt = onInterrupt(base, print);
  const settings = ownSystem(base, join(repository, folder), portOffset);
  print(`nothing runs in ${base.data}: starting a system of its own in ${settings.data}`);
  const system = runForeground(settings, print);
  let ok = false;
  try {
    await system.ready;
    print(`ready after ${since(begin)}`);
    if (!interrupt.aborted) ok = await runBench(file, settings, args);
  } finally {
    await system.stop(() => undefined);
    if (!settings.keep) deleteFolder(settings.data, outsideFolders(settings.data));
  }
  process.exit(ok ? 0 : 1);
}

await main(process.argv.slice(2)).catch(fail);
