import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { Launch } from '@waygraph/stack/part';
import { partStatus } from '../support.ts';
import { lendPart, logOf } from './lend-part.ts';
import type { Config } from './other-clock.ts';

const beforeMain = pathToFileURL(join(import.meta.dirname, 'before-main.ts')).href;

/** A part that the test runs itself, as the supervisor would have, but with faults of its own. */
export type BorrowedPart = {
  readonly pid: number;
  /** Its clock is wrong by so much from now on; gives what it says the time is. */
  shiftClock: (ms: number) => Promise<number>;
  /** Ends it; the supervisor starts it again, as it was, and it is ready. Rejects when it had ended before. May be called again. */
  giveBack: () => Promise<void>;
};

/**
 * Takes a process of Waygraph from the supervisor, which starts it again when it is given back or the test ends. Resolves when
 * it is ready; nobody restarts it when it ends before, and then giving it back rejects. `env` is set beside what it has anyway.
 */
export async function borrowPart(
  name: string,
  config: Config = {},
  env: Readonly<Record<string, string>> = {},
): Promise<BorrowedPart> {
  const lent = await lendPart(name);
  const { launch } = lent;
  const child = start(name, { ...launch, env: { ...launch.env, ...env } }, config);
  const { pid } = child;
  const ended = new Promise<void>(done => {
    child.once('exit', () => {
      done();
    });
    child.once('error', () => {
      done();
    });
  });
  const isOver = (): boolean => pid === undefined || child.exitCode !== null || child.signalCode !== null;

  async function giveBack(): Promise<void> {
    const force = setTimeout(() => child.kill('SIGKILL'), 12_000);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
    await lent.giveBack();
  }

  try {
    await waitFor(
      async () => {
        if (isOver()) return 'over' as const;
        const { port } = await partStatus(name);
        return (await fetch(`http://127.0.0.1:${String(port)}/ready`)).ok && ('ready' as const);
      },
      { timeoutMs: 60_000, intervalMs: 100, what: `${name} to be ready in the test's hands` },
    );
    if (pid === undefined || isOver()) throw new Error(`${name} ended; ${logOf(name)} says why`);
  } catch (error) {
    await giveBack();
    throw error;
  }
  let isBack = false;
  return {
    pid,
    shiftClock: ms => {
      const told = new Promise<number>(done => {
        child.once('message', message => {
          done((message as { nowMs: number }).nowMs);
        });
      });
      child.send({ shiftMs: ms });
      return told;
    },
    giveBack: async () => {
      if (isBack) return;
      isBack = true;
      const reason = isOver() ? (child.signalCode ?? `code ${String(child.exitCode)}`) : undefined;
      await giveBack();
      if (reason !== undefined)
        throw new Error(`${name} had ended in the test's hands (${reason}); ${logOf(name)} says why`);
    },
  };
}

function start(name: string, { command, args, env, cwd }: Launch, config: Config): ChildProcess {
  const out = openSync(logOf(name), 'a');
  const preload = `${beforeMain}?config=${encodeURIComponent(JSON.stringify(config))}`;
  try {
    return spawn(command, ['--import', preload, ...args], { env, cwd, stdio: ['ignore', out, out, 'ipc'] });
  } finally {
    closeSync(out);
  }
}
