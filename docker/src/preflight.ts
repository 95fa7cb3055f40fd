import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { processes } from './processes.ts';
import { listenerOf } from './proc.ts';
import type { Group } from './part.ts';
import { Fault } from './say.ts';
import type { PortName, Settings } from './settings.ts';

const stackPorts: readonly PortName[] = [
  'POSTGRES_PORT',
  'REDIS_PORT',
  'KAFKA_PORT',
  'KAFKA_CONTROLLER_PORT',
  'CONNECT_PORT',
];

export const portsOf = (groups: readonly Group[]): PortName[] => [
  ...(groups.includes('stack') ? stackPorts : []),
  ...(groups.includes('app') ? processes.map(({ port }) => port) : []),
];

type Listener = { pid: number; command: string } | undefined;

/** Two parts on one port, and ports that somebody else listens on. */
export function checkPorts(
  ports: Readonly<Record<string, number>>,
  names: readonly string[],
  listener: (port: number) => Listener = listenerOf,
): void {
  const owners = new Map<number, string>();
  for (const name of names) {
    const port = ports[name] ?? 0;
    const other = owners.get(port);
    if (other !== undefined)
      throw new Fault(`port ${String(port)} is given twice, by ${other} and ${name}: change one of them`);
    owners.set(port, name);
    if (port === 0) throw new Fault(`${name} is 0: the stack needs a port that others can be told`);
  }
  const taken = names.flatMap(name => {
    const port = ports[name] ?? 0;
    const found = listener(port);
    if (!found) return [];
    const who =
      found.pid === 0
        ? 'a process of another user'
        : `process ${String(found.pid)} (${found.command.slice(0, 120) || 'its command is not readable'})`;
    return [`port ${String(port)} is in use by ${who}: stop it, or choose another port by ${name}`];
  });
  if (taken.length > 0) throw new Fault(taken.join('\n'));
}

const freeMb = (path: string): number => {
  let at = path;
  while (!existsSync(at)) at = dirname(at);
  const { bavail, bsize } = statfsSync(at);
  return (bavail * bsize) / 1048576;
};

export function checkDisk(
  settings: Pick<Settings, 'data' | 'cache' | 'minFreeMb'>,
  free: (path: string) => number = freeMb,
): void {
  for (const [what, path, variable] of [
    ['data', settings.data, 'WAYGRAPH_DATA'],
    ['cache', settings.cache, 'WAYGRAPH_CACHE'],
  ] as const) {
    const there = Math.floor(free(path));
    if (there < settings.minFreeMb)
      throw new Fault(
        `too little disk for the ${what} folder ${path}: ${String(there)} MB free, ${String(settings.minFreeMb)} MB wanted: make room, choose another folder by ${variable}, or lower MIN_FREE_MB`,
      );
  }
}
