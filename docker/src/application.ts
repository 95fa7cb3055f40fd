import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { request } from '@waygraph/kit/http';
import type { Part, Step } from './part.ts';
import { run } from './proc.ts';
import { processes, sampleShop, type Process } from './processes.ts';
import { repository, type Settings } from './settings.ts';
import type { Secrets } from './keys.ts';

/**
 * What a process of Waygraph gets to know: its port, the addresses and secrets that the table names, its pools. Never another
 * service's database, nor the superuser.
 */
export function processEnv(
  known: Readonly<Record<string, string>>,
  { reads, pools, renamed = {}, port }: Pick<Process, 'reads' | 'pools' | 'renamed'> & { port?: string },
): Record<string, string> {
  const names = ['NODE_ENV', 'LOG_LEVEL', 'LISTEN_HOST', ...(port === undefined ? [] : [port]), ...reads];
  const valueOf = (name: string): string => {
    const value = known[name];
    if (value === undefined) throw new Error(`docker/src/processes.ts names ${name}, which does not exist`);
    return value;
  };
  return Object.fromEntries([
    ...names.map(name => [name, valueOf(name)] as const),
    ...Object.entries(pools).map(([name, size]) => [name, String(size)] as const),
    ...Object.entries(renamed).map(([name, from]) => [name, valueOf(from)] as const),
  ]);
}

/** Node as every process of Waygraph is started, in Docker and without. */
export const nodeArguments = (entry: string): string[] => ['--disable-warning=ExperimentalWarning', entry];

/** Compiled code is kept between starts: it halves the time a process needs until it is ready. */
const nodeCache = ({ cache }: Settings): Record<string, string> => ({ NODE_COMPILE_CACHE: join(cache, 'compiled') });

export const nodeBinary = join(repository, 'node_modules/node/bin/node');

const asks = (port: number, path: string) => async (signal: AbortSignal) => {
  const { status, text } = await request(`http://127.0.0.1:${String(port)}${path}`, { signal });
  if (status !== 200) throw new Error(text.trim().slice(0, 300) || `it answered ${String(status)}`);
};

export function applicationParts(settings: Settings, secrets: Secrets): Part[] {
  // A process that is planned but not written yet is no reason not to start the others.
  const present = processes.filter(({ entry }) => existsSync(join(repository, entry)));
  return present.map(process => {
    const port = settings.ports[process.port];
    return {
      kind: 'part',
      name: process.name,
      group: 'app',
      needs: process.needs,
      port,
      readyWithinMs: 90_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 12_000,
      earlyExits: 2,
      prepare: () =>
        Promise.resolve({
          command: nodeBinary,
          args: nodeArguments(process.entry),
          env: { ...settings.machine, ...nodeCache(settings), ...processEnv({ ...settings.env, ...secrets }, process) },
          cwd: repository,
        }),
      probe: asks(port, '/ready'),
      alive: asks(port, '/health'),
    };
  });
}

/** Loads the sample shop; it knows itself whether that has been done. */
export function sampleShopStep(settings: Settings, secrets: Secrets): Step[] {
  if (!existsSync(join(repository, sampleShop.entry))) return [];
  return [
    {
      kind: 'step',
      name: sampleShop.name,
      group: 'app',
      needs: sampleShop.needs,
      async run(say) {
        const env = {
          ...settings.machine,
          ...nodeCache(settings),
          ...processEnv({ ...settings.env, ...secrets }, sampleShop),
        };
        const { code, output } = await run(nodeBinary, nodeArguments(sampleShop.entry), { cwd: repository, env });
        const lines = output.trim().split('\n');
        if (code === 0) return 'loaded';
        for (const line of lines.slice(-5)) say(line);
        throw new Error(`it ended with code ${String(code)}: ${lines.at(-1) ?? ''}`);
      },
    },
  ];
}
