import { clusterFolder, clusterProcesses } from './postgres.ts';
import { allPids, environmentValue, runningProcess } from './proc.ts';
import { pause, type Say } from './say.ts';

/** How children of a data folder are known again, by whoever looks: every one carries this variable. */
export type Marker = { id: string; cluster: string; of: (part: string) => string };

export const createMarker = (id: string, data: string): Marker => ({
  id,
  cluster: clusterFolder(data),
  of: part => `${id}/${part}`,
});

const isPostgres = (name: string) => name === 'postgres';

/** Every living process of a part, descendants and orphans included. */
export function partProcesses(marker: Marker, part: string): number[] {
  // PostgreSQL writes over its environment to show what it does: it is known by the folder it works in.
  if (isPostgres(part)) return clusterProcesses(marker.cluster).filter(pid => runningProcess(pid) !== undefined);
  return allPids().filter(
    pid => environmentValue(pid, 'WAYGRAPH_SUPERVISED') === marker.of(part) && runningProcess(pid) !== undefined,
  );
}

export type Leftover = { pid: number; part: string };

/** All processes of a data folder, by part. */
export function folderProcesses(marker: Marker): Leftover[] {
  const others = allPids().flatMap(pid => {
    const value = pid === process.pid ? undefined : environmentValue(pid, 'WAYGRAPH_SUPERVISED');
    const part = value?.startsWith(`${marker.id}/`) ? value.slice(marker.id.length + 1) : undefined;
    return part === undefined || isPostgres(part) || runningProcess(pid) === undefined ? [] : [{ pid, part }];
  });
  const cluster = partProcesses(marker, 'postgres').map(pid => ({ pid, part: 'postgres' }));
  return [...others, ...cluster];
}

export function killAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone by itself in the meantime.
    }
  }
}

const lastToStop = ['redis', 'kafka', 'postgres'];

/** Stops what a killed supervisor has left, in the order of a clean stop: processes, Connect, then the servers. */
export async function stopLeftovers(marker: Marker, say: Say, withinMs = 20_000): Promise<number> {
  const found = folderProcesses(marker);
  if (found.length === 0) return 0;
  say(`an earlier run was cut off and left ${String(found.length)} processes: stopping them first`);
  const rank = (part: string) => (lastToStop.includes(part) ? 2 : part === 'connect' ? 1 : 0);
  for (const round of [0, 1, 2]) {
    const left = () => folderProcesses(marker).filter(({ part }) => rank(part) === round);
    for (const { pid, part } of left()) killAll(heads(marker, part, pid), part === 'postgres' ? 'SIGINT' : 'SIGTERM');
    const deadline = Date.now() + withinMs;
    while (left().length > 0) {
      if (Date.now() > deadline) {
        say(
          `${[...new Set(left().map(({ part }) => part))].join(', ')} did not stop within ${String(withinMs / 1000)} s: killed`,
        );
        killAll(
          left().map(({ pid }) => pid),
          'SIGKILL',
        );
      }
      await pause(100);
    }
  }
  return found.length;
}

/** PostgreSQL is told through its postmaster; its backends follow. Orphans of a killed one are told each. */
function heads(marker: Marker, part: string, pid: number): number[] {
  if (!isPostgres(part)) return [pid];
  const cluster = partProcesses(marker, 'postgres');
  const parent = runningProcess(pid)?.parent ?? 0;
  return cluster.includes(parent) ? [] : [pid];
}
