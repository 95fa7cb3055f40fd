import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { call } from '@waygraph/stack/control';
import type { Launch } from '@waygraph/stack/part';
import { partStatus } from '../support.ts';
import type { Config } from './other-clock.ts';

const beforeMain = pathToFileURL(join(import.meta.dirname, 'before-main.ts')).href;
const logOf = (name: string): string => join(dirname(dirname(testEnv('WAYGRAPH_STATE'))), 'log', `${name}.log`);

/** A part that the test runs itself, as the supervisor would have, but with faults of its own. */
export type BorrowedPart = {
  readonly pid: number;
  /** Its clock is wrong by so much from now on; gives what it says the time is. */
  shiftClock: (ms: number) => Promise<number>;
  /** Ends it; the supervisor starts it again, as it was, and it is ready. */
  giveBack: () => Promise<void>;
};

/**
 * Takes a process of Waygraph from the supervisor, which starts it again when it is given back or the test ends. Resolves when
 * it is ready; nobody restarts it when it ends before.
 */
export async function borrowPart(name: string, config: Config = {}): Promise<BorrowedPart> {
  const { port } = await partStatus(name);
  const over = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Launch>();
  const lent = call({
    ...{ socket: testEnv('WAYGRAPH_CONTROL'), path: `/borrow?part=${name}`, signal: over.signal },
    say: line => {
      resolve(JSON.parse(line) as Launch);
    },
  }).catch(reject);
  const child = start(name, await promise, config);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  const ended = new Promise<void>(done => {
    child.once('exit', () => {
      done();
    });
  });
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;

  async function giveBack(): Promise<void> {
    if (!isOver()) child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 12_000);
    await ended;
    clearTimeout(force);
    over.abort();
    await lent;
    await waitFor(async () => (await partStatus(name)).state === 'ready', {
      ...{ timeoutMs: 90_000, intervalMs: 100, what: `${name} to be ready in the supervisor's hands` },
    });
  }

  try {
    await waitFor(
      async () => {
        if (isOver()) return 'over' as const;
        return (await fetch(`http://127.0.0.1:${String(port)}/ready`)).ok && ('ready' as const);
      },
      { timeoutMs: 60_000, intervalMs: 100, what: `${name} to be ready in the test's hands` },
    );
    if (isOver()) throw new Error(`${name} ended; ${logOf(name)} says why`);
  } catch (error) {
    await giveBack();
    throw error;
  }
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
    giveBack,
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
