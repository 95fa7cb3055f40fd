import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { spawn } from 'node:child_process';

export type Running = { pid: number; startedAt: number; parent: number; rssMb: number; command: string };

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

export const allPids = (): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number);

/** One process as the kernel tells it; undefined when it is gone or a zombie. `startedAt` (ticks since boot) tells a reused pid. */
export function runningProcess(pid: number): Running | undefined {
  const stat = read(`/proc/${String(pid)}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the name in parentheses and may hold spaces itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const command = (read(`/proc/${String(pid)}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
  return {
    pid,
    parent: Number(fields[1]),
    startedAt: Number(fields[19]),
    rssMb: Math.round((Number(fields[21]) * 4096) / 1048576),
    command,
  };
}

/** Proportional memory where the kernel gives it: PostgreSQL's shared buffers are counted once, not once per backend. */
export function memoryMb(pid: number): number {
  const pss = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${String(pid)}/smaps_rollup`) ?? '');
  return pss?.[1] === undefined ? (runningProcess(pid)?.rssMb ?? 0) : Number(pss[1]) / 1024;
}

export function environmentValue(pid: number, name: string): string | undefined {
  const entries = read(`/proc/${String(pid)}/environ`)?.split('\0') ?? [];
  return entries.find(entry => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

function listeningInodes(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (read(table) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A' && fields[1]?.endsWith(`:${hex}`) && fields[9] !== undefined) inodes.add(fields[9]);
    }
  }
  return inodes;
}

/** Who listens on the port: undefined when nobody does; pid 0 when it is somebody whom we may not see. */
export function listenerOf(port: number): { pid: number; command: string } | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of allPids()) {
    try {
      for (const fd of readdirSync(`/proc/${String(pid)}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${String(pid)}/fd/${fd}`))?.[1];
        if (inode !== undefined && inodes.has(inode)) return { pid, command: runningProcess(pid)?.command ?? '' };
      }
    } catch {
      // Another user's process: its descriptors are not ours to read.
    }
  }
  return { pid: 0, command: '' };
}

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

export type Finished = { code: number; output: string };

/** Runs a program to its end and gives what it printed; `onLine` sees each line as it comes. */
export function run(
  command: string,
  args: readonly string[],
  options: {
    cwd?: string;
    env?: Record<string, string>;
    uid?: number;
    gid?: number;
    input?: string;
    onLine?: (line: string) => void;
  } = {},
): Promise<Finished> {
  const { promise, resolve } = Promise.withResolvers<Finished>();
  const { input, onLine, ...rest } = options;
  const child = spawn(command, args, { ...rest, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  const take = (chunk: Buffer) => {
    const piece = chunk.toString();
    output += piece;
    if (onLine) for (const line of piece.split('\n')) if (line.trim() !== '') onLine(line);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  child.on('error', error => {
    resolve({ code: 127, output: error.message });
  });
  child.on('close', code => {
    resolve({ code: code ?? 1, output });
  });
  return promise;
}
