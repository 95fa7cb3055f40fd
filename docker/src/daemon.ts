// The supervisor: a process of its own that runs the parts, answers at the control socket, and ends when all is stopped.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { findArtifacts } from './artifacts.ts';
import { createControlServer } from './control-server.ts';
import { controlSocket, openFolder, paths } from './folder.ts';
import { findJava } from './java.ts';
import { createMarker, folderProcesses } from './leftovers.ts';
import type { Group } from './part.ts';
import { memoryMb, runningProcess } from './proc.ts';
import { Fault, fail, messageOf, print, type Say } from './say.ts';
import { loadSettings } from './settings.ts';
import type { Report } from './status.ts';
import { createSystem } from './system.ts';
import { createUnits } from './units.ts';

const say: Say = line => {
  print(`${new Date().toISOString()} ${line}`);
};

async function main(): Promise<void> {
  const settings = loadSettings();
  const { data } = settings;
  const folder = openFolder(data);
  const marker = createMarker(folder.id, data);
  const artifacts = findArtifacts(settings.cache);
  const java = findJava();
  if (!artifacts || java === undefined)
    throw new Fault('Kafka, Debezium or Java are not there: start by "npm run stack -- up"');
  const since = new Date().toISOString();
  const { units, connectors } = createUnits(settings, artifacts, java, say);
  const system = createSystem({ units, marker, logs: paths(data).log, say, changed: writeState });
  const socket = controlSocket(data);
  let up: Group[] = [];
  let ending: Promise<void> | undefined;
  const over = new AbortController();

  function writeState(): void {
    const { state } = paths(data);
    writeFileSync(
      `${state}.new`,
      `${JSON.stringify({ supervisor: { pid: process.pid, since }, units: system.status() }, null, 2)}\n`,
    );
    renameSync(`${state}.new`, state);
  }

  async function report(): Promise<Report> {
    const running = folderProcesses(marker).map(({ pid, part }) => ({
      part,
      mb: memoryMb(pid),
      rss: runningProcess(pid)?.rssMb ?? 0,
    }));
    const of = (name: string) => running.filter(({ part }) => part === name).reduce((total, { mb }) => total + mb, 0);
    const supervisor = { pid: process.pid, since, memoryMb: memoryMb(process.pid) };
    const total = running.reduce((sum, { mb }) => sum + mb, supervisor.memoryMb);
    const rss = running.reduce((sum, { rss }) => sum + rss, runningProcess(process.pid)?.rssMb ?? 0);
    const seen = system
      .status()
      .filter(unit => unit.group === 'stack' || up.includes('app') || unit.state !== 'waiting');
    return {
      supervisor,
      units: seen.map(unit => ({ ...unit, ...(unit.pid === undefined ? {} : { memoryMb: of(unit.name) }) })),
      connectors: await connectors.states(),
      memoryMb: total,
      rssMb: rss,
      memoryBudgetMb: settings.memoryBudgetMb,
    };
  }

  async function start(groups: readonly Group[], tell: Say): Promise<void> {
    const heard: Say = line => {
      say(line.trim());
      tell(line);
    };
    up = [...new Set([...up, ...groups])];
    try {
      await system.up(groups, heard);
    } catch (error) {
      heard(`start failed: ${messageOf(error)}; stopping what was started`);
      await end(tell);
      throw error;
    }
  }

  /** Stops these groups, and the supervisor with the last of them. */
  async function stop(groups: readonly Group[], tell: Say): Promise<void> {
    if (groups.includes('stack')) return end(tell);
    up = up.filter(group => !groups.includes(group));
    await system.stop(groups, tell);
  }

  function end(tell: Say): Promise<void> {
    ending ??= (async () => {
      connectors.stop();
      await system.stop(['app', 'stack'], line => {
        say(line.trim());
        tell(line);
      });
      rmSync(paths(data).state, { force: true });
      rmSync(socket, { force: true });
      server.close();
      server.closeIdleConnections();
      over.abort();
      say('supervisor ended');
      // The answer that tells of the end still has to leave.
      setTimeout(() => process.exit(0), 300);
    })();
    return ending;
  }

  const groupsOf = (query: URLSearchParams): Group[] =>
    (query.get('groups') ?? 'stack').split(',').filter(name => name === 'app' || name === 'stack');

  const server = await createControlServer(socket, {
    'GET /ping': () => ({ pid: process.pid, up }),
    'GET /status': report,
    'POST /up': async ({ query, say: tell }) => {
      await start(groupsOf(query), tell);
      return { pid: process.pid };
    },
    'POST /hold': async ({ query, say: tell, closed }) => {
      // The caller runs in the foreground: what it started goes when it goes, however it goes.
      const groups = groupsOf(query).filter(group => !up.includes(group));
      const gone = whenAborted(closed);
      void gone.then(() => {
        if (groups.length === 0 || ending) return;
        say('who started this has gone: stopping');
        stop(groups, () => undefined).catch(fail);
      });
      await start(groupsOf(query), tell);
      tell('ready');
      await Promise.race([gone, whenAborted(over.signal)]);
    },
    'POST /borrow': async ({ query, say: tell, closed }) => {
      const name = query.get('part') ?? '';
      const launch = await system.release(name);
      say(`${name} is run by somebody else for now`);
      tell(JSON.stringify({ ...launch, env: { ...launch.env, WAYGRAPH_SUPERVISED: marker.of(name) } }));
      await Promise.race([whenAborted(closed), whenAborted(over.signal)]);
      if (ending || !up.includes('app')) return;
      say(`${name} was given back`);
      system.adopt(name).catch((error: unknown) => {
        say(messageOf(error));
      });
    },
    'POST /stop': async ({ query, say: tell }) => {
      await stop(groupsOf(query), tell);
    },
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => {
      say(`${signal}: stopping`);
      void end(() => undefined);
    });
  say(`supervisor ${String(process.pid)} is ready to start parts`);
  // Whoever started it may have been killed before asking for anything.
  setTimeout(() => {
    if (up.length === 0) void end(() => undefined);
  }, 30_000).unref();
}

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });

await main().catch(fail);
