import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** The processes of a part of the system, by the part's name. */
export type PidsByPart = ReadonlyMap<string, number>;

type Stat = { parent: number; ticks: number };

const ticksPerSecond = 100; // USER_HZ, the same on every Linux that Node runs on

/** What the supervisor says runs; empty when none runs in this data folder. */
export async function supervisedPids(environment: NodeJS.ProcessEnv): Promise<PidsByPart> {
  const stack = new URL('../../docker/src/stack.ts', import.meta.url).pathname;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [stack, 'status', '--json'], { env: environment });
    const { units } = JSON.parse(stdout) as { units?: { name: string; pid?: number }[] };
    return new Map((units ?? []).flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]])));
  } catch {
    return new Map();
  }
}

/** CPU seconds since their start, of each part's process with all that descend from it (PostgreSQL's backends). */
export function cpuSeconds(pids: PidsByPart): Map<string, number> {
  const stats = readStats();
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of stats) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const ticksOf = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + ticksOf(child), stats.get(pid)?.ticks ?? 0);
  return new Map([...pids].map(([part, pid]) => [part, ticksOf(pid) / ticksPerSecond]));
}

function readStats(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      // After the name in parentheses: state, parent, …; 11 to 14 are user and system time, own and of ended children.
      const fields = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
      stats.set(Number(name), { parent: fields[1] ?? 0, ticks });
    } catch {
      // It ended meanwhile.
    }
  }
  return stats;
}
