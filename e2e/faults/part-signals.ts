import { readdirSync, readFileSync } from 'node:fs';
import { kill } from 'node:process';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { partStatus } from '../support.ts';

/** `T`: stopped by a signal; undefined: there is no such process. */
export function processState(pid: number): string | undefined {
  try {
    return fields(pid)[0];
  } catch {
    return undefined;
  }
}

/** State, parent, … as the kernel tells them; the program's name before them may hold anything. */
const fields = (pid: number): string[] => {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};

/** A process and all that it has started, and they have. */
export function familyOf(pid: number): number[] {
  const parents = readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return [[Number(name), Number(fields(Number(name))[1])] as const];
    } catch {
      return [];
    }
  });
  const family = [pid];
  for (const member of family) family.push(...parents.flatMap(([child, parent]) => (parent === member ? [child] : [])));
  return family;
}

async function pidOf(name: string): Promise<number> {
  const { pid } = await partStatus(name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

/** Ends a part without warning; resolves when the supervisor has it ready again, as another process. Rejects when it has not been felt. */
export async function killPart(
  name: string,
  signal: 'SIGKILL' | 'SIGQUIT' = 'SIGKILL',
): Promise<{ back: () => Promise<void> }> {
  const victim = await partStatus(name);
  const pid = await pidOf(name);
  kill(pid, signal);
  return {
    back: async () => {
      await waitFor(
        async () => {
          const part = await partStatus(name);
          return part.state === 'ready' && part.pid !== pid && part.restarts > victim.restarts;
        },
        { timeoutMs: 90_000, intervalMs: 100, what: `${name} to be ready again` },
      );
    },
  };
}

/** Stops a part in its tracks, with everything it has started; resolves when all of it stands still. */
export async function pausePart(name: string): Promise<{ pid: number; resume: () => void }> {
  const pid = await pidOf(name);
  const stopped = new Set<number>();
  const resume = (): void => {
    for (const member of [...stopped].toReversed()) if (processState(member) === 'T') send(member, 'SIGCONT');
  };
  try {
    // Until the parent stands still it may start others: they are looked for again.
    for (let fresh = familyOf(pid); fresh.length > 0; fresh = familyOf(pid).filter(member => !stopped.has(member))) {
      for (const member of fresh) {
        stopped.add(member);
        send(member, 'SIGSTOP');
      }
      await waitFor(() => [...stopped].every(member => standsStill(member)), { what: `${name} to stand still` });
    }
    if (processState(pid) !== 'T') throw new Error(`${name} (${String(pid)}) has ended instead of standing still`);
  } catch (error) {
    resume();
    throw error;
  }
  return { pid, resume };
}

/** So does one that has ended, or whose parent has not heard of its end. */
const standsStill = (pid: number): boolean => ['T', 'Z', 'X', undefined].includes(processState(pid));

/** It may have ended since it was seen: a backend of PostgreSQL lives as long as its client wishes. */
function send(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
