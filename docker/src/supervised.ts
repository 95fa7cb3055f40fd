import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { logTail, rotateLog } from './logs.ts';
import type { Launch, Part, PartState, UnitStatus } from './part.ts';
import { killAll, partProcesses, type Marker } from './leftovers.ts';
import { Fault, messageOf, pause, seconds, type Say } from './say.ts';

const firstDelayMs = 250;
const longestDelayMs = 15_000;
/** A part that was ready this long has recovered: its next restart is quick again. */
const stableMs = 30_000;
const watchMs = 5_000;
const probeTimeoutMs = 5_000;
const deafMs = 30_000;

export type Supervised = {
  readonly part: Part;
  /** Resolves when the part is ready for the first time. */
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** Stops it and tells how it would have been started: somebody else runs it until `start`. */
  release: () => Promise<Launch>;
  status: () => UnitStatus;
};

/** One run of the program: how it ended, once it has. */
type Life = { ended: Promise<string>; over: () => string | undefined };

type Hooks = { say: Say; marker: Marker; logFile: string; changed: () => void };

export function createSupervised(part: Part, { say, marker, logFile, changed }: Hooks): Supervised {
  let state: PartState = 'waiting';
  let child: ChildProcess | undefined;
  let life: Life = { ended: Promise.resolve(''), over: () => undefined };
  let since = 0;
  let restarts = 0;
  let note: string | undefined;
  let halt = new AbortController();
  let running: Promise<void> = Promise.resolve();

  function become(next: PartState, why?: string): void {
    if (next !== state || why !== note) {
      state = next;
      note = why;
      changed();
    }
  }

  async function launch(): Promise<void> {
    const how = await part.prepare();
    rotateLog(logFile);
    const out = openSync(logFile, 'a');
    try {
      const { command, args, ...options } = how;
      const env = { ...how.env, WAYGRAPH_SUPERVISED: marker.of(part.name) };
      // A session of its own: Ctrl-C in a terminal reaches the supervisor, which then stops things in order.
      child = spawn(command, args, { ...options, env, detached: true, stdio: ['ignore', out, out] });
    } finally {
      closeSync(out);
    }
    const born = child;
    since = Date.now();
    const { promise, resolve: settle } = Promise.withResolvers<string>();
    let why: string | undefined;
    const resolve = (reason: string) => {
      why ??= reason;
      settle(reason);
    };
    life = { ended: promise, over: () => why };
    born.on('error', error => {
      resolve(`could not be started: ${error.message}`);
    });
    born.on('exit', (code, signal) => {
      resolve(signal === null ? `exited with code ${String(code)}` : `was ended by ${signal}`);
    });
  }

  /** Waits until the part answers; gives why it ended when it does not live to see that. */
  async function becomeReady(signal: AbortSignal): Promise<string | undefined> {
    const deadline = Date.now() + part.readyWithinMs;
    const { ended, over } = life;
    while (!signal.aborted) {
      const fault = await question(part.probe);
      const reason = over();
      if (reason !== undefined) return reason;
      if (fault === undefined) return undefined;
      note = fault;
      if (Date.now() > deadline)
        throw new Fault(`${part.name} did not become ready within ${seconds(part.readyWithinMs)}: ${fault}`);
      await Promise.race([pause(100, signal), ended]);
    }
    return undefined;
  }

  /** Restarts what no longer answers although it runs; resolves when the part has ended. */
  async function watch(signal: AbortSignal): Promise<string> {
    const { ended, over } = life;
    let heard = Date.now();
    for (;;) {
      await Promise.race([pause(watchMs, signal), ended]);
      if (over() !== undefined || signal.aborted) return await ended;
      const asleep = await question(part.alive ?? part.probe);
      if (asleep === undefined) heard = Date.now();
      else if (part.alive && Date.now() - heard > deafMs) {
        say(`${part.name} has not answered for ${seconds(Date.now() - heard)} (${asleep}): ending it`);
        killAll(partProcesses(marker, part.name), 'SIGKILL');
      }
      const unready = asleep ?? (part.alive ? await question(part.probe) : undefined);
      if (over() === undefined) become('ready', unready === undefined ? undefined : `not ready: ${unready}`);
    }
  }

  async function keepRunning(first: (error?: unknown) => void): Promise<void> {
    const { signal } = halt;
    const stopped = () => signal.aborted;
    let delayMs = firstDelayMs;
    let early = 0;
    let wasReady = false;
    while (!stopped()) {
      become(wasReady ? 'restarting' : 'starting', note);
      let reason: string | undefined;
      try {
        await launch();
        changed();
        reason = await becomeReady(signal);
      } catch (error) {
        if (!wasReady) {
          first(error);
          return;
        }
        reason = messageOf(error);
        await end();
      }
      if (stopped()) return;
      if (reason === undefined) {
        if (wasReady) say(`${part.name} is ready again (pid ${String(child?.pid)}, ${seconds(Date.now() - since)})`);
        wasReady = true;
        become('ready');
        first();
        const readyAt = Date.now();
        reason = await watch(signal);
        if (stopped()) return;
        if (Date.now() - readyAt > stableMs) delayMs = firstDelayMs;
      }
      const tail = logTail(logFile, 3);
      early += wasReady ? 0 : 1;
      if (early > part.earlyExits) {
        first(
          new Fault(`${part.name} ${reason} before it was ready: ${lastWords(logTail(logFile, 30))} (log: ${logFile})`),
        );
        return;
      }
      restarts += 1;
      say(
        `${part.name} ${reason} after ${seconds(Date.now() - since)}; starting it again in ${seconds(delayMs)} (restart ${String(restarts)}); its last lines:`,
      );
      for (const line of tail) say(`  ${part.name} | ${line}`);
      become('restarting', reason);
      // What a killed parent leaves behind (PostgreSQL's backends, a script's program) would stand in the way.
      await clearRest();
      await pause(delayMs, signal);
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    }
  }

  async function clearRest(): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (partProcesses(marker, part.name).length > 0) {
      if (Date.now() > deadline) killAll(partProcesses(marker, part.name), 'SIGKILL');
      await pause(50);
    }
  }

  async function question(ask: (signal: AbortSignal) => Promise<void>): Promise<string | undefined> {
    try {
      await ask(AbortSignal.timeout(probeTimeoutMs));
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Ends the program: politely, then at the deadline by force, and says so. */
  async function end(): Promise<void> {
    const { pid } = child ?? {};
    if (pid === undefined || child?.exitCode !== null || child.signalCode !== null) {
      await clearRest();
      return;
    }
    child.kill(part.stopSignal);
    const late = new AbortController();
    const timer = pause(part.stopWithinMs, late.signal).then(() => 'late' as const);
    const result = await Promise.race([life.ended, timer]);
    late.abort();
    if (result === 'late') {
      say(`${part.name} did not stop within ${seconds(part.stopWithinMs)}: killed`);
      killAll([pid, ...partProcesses(marker, part.name)], 'SIGKILL');
      await life.ended;
    }
    await clearRest();
  }

  async function stop(next: PartState): Promise<void> {
    if (state !== 'waiting') become('stopping');
    halt.abort();
    await end();
    await running;
    // Between two lives nothing runs but the pause: a start that was under way has ended by now.
    await end();
    child = undefined;
    become(next);
  }

  return {
    part,
    start() {
      halt = new AbortController();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const first = (error?: unknown) => {
        if (error === undefined) resolve();
        else {
          become('failed', messageOf(error));
          reject(error instanceof Error ? error : new Error(messageOf(error)));
        }
      };
      running = keepRunning(first).finally(() => {
        first(new Fault(`${part.name} was stopped before it was ready`));
      });
      return promise;
    },
    stop: () => stop('stopped'),
    async release() {
      await stop('released');
      return { ...(await part.prepare()) };
    },
    status: () => ({
      name: part.name,
      kind: 'part',
      group: part.group,
      state,
      restarts,
      ...(child?.pid === undefined || state === 'restarting'
        ? {}
        : { pid: child.pid, since: new Date(since).toISOString() }),
      ...(part.port === undefined ? {} : { port: part.port }),
      ...(note === undefined ? {} : { note }),
    }),
  };
}

/** The line that says why: PostgreSQL's FATAL, a Java exception, else the last one. */
const lastWords = (lines: readonly string[]): string =>
  lines.findLast(line => /FATAL|PANIC|^(\S+ )?[\w.]*(Error|Exception)\b.*:|ERROR|[Ff]ault/.test(line)) ??
  lines.at(-1) ??
  'it wrote nothing';
