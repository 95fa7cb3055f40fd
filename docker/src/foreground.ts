import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { call, isUp, NotRunning } from './control.ts';
import { controlSocket, paths } from './folder.ts';
import { createFollower, readable } from './logs.ts';
import type { Group, Launch } from './part.ts';
import { processes } from './processes.ts';
import { Fault, pause, print, seconds, type Say } from './say.ts';
import type { Settings } from './settings.ts';
import { ensureSupervisor } from './supervisor.ts';

export type Foreground = {
  /** Resolves when everything is ready. */
  ready: Promise<void>;
  /** Resolves when the system has ended, whoever has ended it. */
  ended: Promise<void>;
  /** Stops what this call has started; resolves when nothing of it is left. */
  stop: (say: Say) => Promise<void>;
  /** Whether the stack was up before and will stay. */
  stackStays: () => boolean;
};

const everything: readonly Group[] = ['stack', 'app'];
const longestRevivals = 3;

/** Runs the system for as long as this process lives; a supervisor that is killed is started again. */
export function runForeground(settings: Settings, say: Say, groups: readonly Group[] = everything): Foreground {
  const socket = controlSocket(settings.data);
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  const holding = new AbortController();
  let mine: Group[] = [];
  let stopping = false;

  async function hold(): Promise<void> {
    await ensureSupervisor(settings, groups, say);
    const { up } = (await call({ socket, method: 'GET', path: '/ping' })) as { up: Group[] };
    mine = [...new Set([...mine, ...groups.filter(group => !up.includes(group))])];
    if (stopping) return;
    const hear: Say = line => {
      if (line === 'ready') ready.resolve();
      else say(line);
    };
    await call({ socket, path: `/hold?groups=${groups.join(',')}`, signal: holding.signal, say: hear });
  }

  async function keep(): Promise<void> {
    const was = { ready: false };
    void ready.promise.then(
      () => {
        was.ready = true;
      },
      () => undefined,
    );
    for (let revivals = 0; ; revivals += 1) {
      try {
        await hold();
        return;
      } catch (error) {
        if (stopping) return;
        // Only a supervisor that was killed once all was well: a start that fails has said why and is not repeated.
        if (!was.ready || revivals >= longestRevivals || (await isUp(socket))) throw error;
        say('the supervisor was killed: clearing up after it and starting again');
      }
    }
  }

  const ended = keep();
  ended.catch((error: unknown) => {
    ready.reject(error);
  });
  return {
    ready: ready.promise,
    ended,
    stackStays: () => !mine.includes('stack'),
    async stop(tell) {
      stopping = true;
      try {
        if (mine.length > 0) await call({ socket, path: `/stop?groups=${mine.join(',')}`, say: tell });
      } catch (error) {
        if (!(error instanceof NotRunning)) throw error; // a start that failed has stopped everything
      }
      holding.abort();
      while (mine.includes('stack') && (await isUp(socket))) await pause(50);
    },
  };
}

/** Runs one process of the system in the terminal, restarted at every change of its files, until `signal`. */
export async function runWatched(settings: Settings, name: string, signal: AbortSignal): Promise<void> {
  if (!processes.some(process => process.name === name))
    throw new Fault(`there is no process "${name}"; there are ${processes.map(process => process.name).join(', ')}`);
  const socket = controlSocket(settings.data);
  // While this connection is open the process is ours; when it closes, however that happens, the supervisor runs it again.
  const borrowed = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Launch>();
  const returned = call({
    socket,
    path: `/borrow?part=${name}`,
    signal: borrowed.signal,
    say: line => {
      resolve(JSON.parse(line) as Launch);
    },
  });
  returned.catch(reject);
  const { command, args, env, cwd } = await promise;
  print(`${name} runs here now and is restarted at every change (Ctrl-C gives it back)`);
  const child = spawn(command, ['--watch', '--watch-preserve-output', ...args], {
    env,
    cwd,
    stdio: ['inherit', 'inherit', 'inherit'],
    detached: true,
  });
  const exited = new Promise<void>(done =>
    child.on('exit', () => {
      done();
    }),
  );
  const over = new Promise<void>(done => {
    signal.addEventListener('abort', () => {
      done();
    });
    returned.then(
      () => {
        done();
      },
      () => {
        done();
      },
    );
  });
  await Promise.race([exited, over]);
  child.kill('SIGTERM');
  await exited;
  borrowed.abort();
}

/** Prints what the processes and the supervisor write, until `signal`. */
export async function followLogs(settings: Settings, signal: AbortSignal, without?: string): Promise<void> {
  const names = ['supervisor', ...processes.map(({ name }) => name)].filter(name => name !== without);
  const width = Math.max(...names.map(name => name.length));
  const followers = names.map(name => ({ name, read: createFollower(join(paths(settings.data).log, `${name}.log`)) }));
  while (!signal.aborted) {
    for (const { name, read } of followers)
      for (const line of read()) print(`${name.padEnd(width)} | ${readable(line)}`);
    await pause(200, signal);
  }
}

/** Where people go next. */
export function addresses({ ports }: Settings): string[] {
  const gateway = `http://127.0.0.1:${String(ports.GATEWAY_PORT)}`;
  return [
    `  Apollo Sandbox   ${gateway}/`,
    `  GraphiQL         ${gateway}/graphiql   (works offline)`,
    `  GraphQL          ${gateway}/graphql`,
    `  health           ${gateway}/health and ${gateway}/ready`,
    '  a token          npm run --silent token -- --role customer --sub <id>',
    '  status           npm run stack -- status',
  ];
}

/**
 * Aborts at the first Ctrl-C or kill; later ones only say that it is under way. Under npm, the death of the parent counts too:
 * npm and its shell die of a kill without passing it on.
 */
export function onInterrupt({ machine }: Pick<Settings, 'machine'>, say: Say): AbortSignal {
  const interrupted = new AbortController();
  let first = 0;
  const interrupt = () => {
    // npm passes on what the terminal has sent to everybody already: the same Ctrl-C twice.
    if (interrupted.signal.aborted && performance.now() - first > 1_000) say('stopping already; one moment');
    if (interrupted.signal.aborted) return;
    first = performance.now();
    interrupted.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  const parent = process.ppid;
  if (machine['npm_lifecycle_event'] !== undefined)
    setInterval(() => {
      if (process.ppid !== parent) interrupt();
    }, 500).unref();
  return interrupted.signal;
}

export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener('abort', () => {
        resolve();
      });
  });

export const since = (begin: number): string => seconds(performance.now() - begin);
