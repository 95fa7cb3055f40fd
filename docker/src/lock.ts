import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { runningProcess } from './proc.ts';
import { pause, type Say } from './say.ts';

/** Runs `work` while no other process holds the lock file; a dead holder's lock is taken over. */
export async function withLock<T>(file: string, what: string, say: Say, work: () => Promise<T>): Promise<T> {
  const me = `${String(process.pid)} ${String(runningProcess(process.pid)?.startedAt)}`;
  let told = false;
  for (;;) {
    try {
      writeFileSync(file, me, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (holder === undefined) rmSync(file, { force: true });
    else {
      if (!told) say(`${what} is under way already (process ${String(holder)}): waiting for it`);
      told = true;
      await pause(200);
    }
  }
  const release = () => {
    rmSync(file, { force: true });
  };
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function holderOf(file: string): number | undefined {
  try {
    const [pid, startedAt] = readFileSync(file, 'utf8').split(' ').map(Number);
    // A file that is being written is empty for an instant; whoever dies just then leaves it so: the pid 0 is nobody.
    return pid !== undefined && runningProcess(pid)?.startedAt === startedAt ? pid : undefined;
  } catch {
    return undefined;
  }
}
