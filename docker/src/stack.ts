// npm run stack -- up|down|status|logs|reset|lock
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeLock } from './artifacts.ts';
import { call, isUp, NotRunning } from './control.ts';
import { controlSocket, deleteFolder, paths, readFolder } from './folder.ts';
import { createMarker, folderProcesses, stopLeftovers } from './leftovers.ts';
import { createFollower, logTail, readable } from './logs.ts';
import { outsideFolders } from './postgres.ts';
import { Fault, fail, pause, print, printError, seconds } from './say.ts';
import { loadSettings, type Settings } from './settings.ts';
import { statusTable, type Report } from './status.ts';
import { ensureSupervisor } from './supervisor.ts';

const usage = `npm run stack -- <command>
  up              start PostgreSQL, Redis, Kafka, Connect and what makes them usable; a second time changes nothing
  down            stop everything of this data folder
  status          what runs, since when, how much memory (--json for programs)
  logs [part]     the last 100 lines (-f follows)
  reset           down, then delete the data folder
  lock            download Kafka and Debezium anew and write docker/kafka/artifacts.sha256`;

async function up(settings: Settings): Promise<void> {
  const begin = performance.now();
  const socket = controlSocket(settings.data);
  const started = await ensureSupervisor(settings, ['stack'], print);
  print(started ? `starting the stack in ${settings.data}` : 'a supervisor of this data folder runs already');
  await call({ socket, path: '/up?groups=stack', say: print });
  print(`the stack is up (${seconds(performance.now() - begin)})`);
}

async function down({ data }: Settings): Promise<void> {
  const begin = performance.now();
  const folder = readFolder(data);
  if (!folder) {
    print(`nothing runs: there is no data folder ${data}`);
    return;
  }
  const marker = createMarker(folder.id, data);
  const socket = controlSocket(data);
  let running = true;
  try {
    await call({ socket, path: '/stop?groups=stack,app', say: print });
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    running = false;
  }
  while (running && (await isUp(socket))) await pause(50);
  const left = await stopLeftovers(marker, print);
  print(running || left > 0 ? `the stack is down (${seconds(performance.now() - begin)})` : 'nothing runs');
}

async function status({ data }: Settings, asJson: boolean): Promise<void> {
  try {
    const report = (await call({ socket: controlSocket(data), method: 'GET', path: '/status' })) as Report;
    if (asJson) print(JSON.stringify(report));
    else statusTable(report).forEach(print);
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    const folder = readFolder(data);
    const left = folder ? folderProcesses(createMarker(folder.id, data)) : [];
    if (asJson) print(JSON.stringify({ supervisor: null, leftovers: left }));
    else
      print(
        left.length === 0
          ? 'down'
          : `down, but ${String(left.length)} processes are left of a run that was cut off: "npm run stack -- down" stops them`,
      );
    process.exitCode = 3;
  }
}

async function logs({ data }: Settings, part: string | undefined, follow: boolean): Promise<void> {
  const folder = paths(data).log;
  const known = existsSync(folder)
    ? readdirSync(folder).flatMap(name => (name.endsWith('.log') ? [name.slice(0, -4)] : []))
    : [];
  const chosen = part === undefined ? known : known.filter(name => name === part);
  if (chosen.length === 0)
    throw new Fault(
      part === undefined
        ? 'there are no logs yet'
        : `there is no log of "${part}"; there are ${known.join(', ') || 'none'}`,
    );
  const width = Math.max(...chosen.map(name => name.length));
  const show = (name: string, lines: readonly string[]) => {
    for (const line of lines) print(chosen.length === 1 ? readable(line) : `${name.padEnd(width)} | ${readable(line)}`);
  };
  const followers = chosen.map(name => ({ name, read: createFollower(join(folder, `${name}.log`)) }));
  for (const name of chosen) show(name, logTail(join(folder, `${name}.log`), 100));
  while (follow) {
    await pause(250);
    for (const { name, read } of followers) show(name, read());
  }
}

async function reset(settings: Settings): Promise<void> {
  const { data } = settings;
  await down(settings);
  print(deleteFolder(data, outsideFolders(data)) ? `deleted ${data}` : `there is nothing to delete in ${data}`);
}

async function main(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args;
  const settings = loadSettings();
  const words = rest.filter(word => !word.startsWith('-'));
  if (command === 'up') await up(settings);
  else if (command === 'down') await down(settings);
  else if (command === 'status') await status(settings, rest.includes('--json'));
  else if (command === 'logs') await logs(settings, words[0], rest.includes('-f'));
  else if (command === 'reset') await reset(settings);
  else if (command === 'lock') await writeLock(settings.cache, settings.machine, print);
  else {
    printError(command === undefined ? usage : `unknown command "${command}"\n${usage}`);
    process.exitCode = 2;
  }
}

await main(process.argv.slice(2)).catch(fail);
