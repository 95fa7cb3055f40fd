import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinary } from './application.ts';
import { assertBudget } from './budget.ts';
import { isUp } from './control.ts';
import { controlSocket, openFolder, paths } from './folder.ts';
import { install } from './install.ts';
import { checkKafkaFolder } from './kafka.ts';
import { createMarker, stopLeftovers } from './leftovers.ts';
import { withLock } from './lock.ts';
import { logTail, rotateLog } from './logs.ts';
import type { Group } from './part.ts';
import { checkDisk, checkPorts, portsOf } from './preflight.ts';
import { Fault, pause, type Say } from './say.ts';
import type { Settings } from './settings.ts';

/**
 * Sees to it that a supervisor runs for the data folder, and that what it is about to start can start: everything a person
 * has to mend is said here, before anything runs. True when it had to be started.
 */
export async function ensureSupervisor(settings: Settings, groups: readonly Group[], say: Say): Promise<boolean> {
  const { data } = settings;
  const folder = openFolder(data);
  return withLock(join(paths(data).run, 'start.lock'), 'another start of this data folder', say, async () => {
    const socket = controlSocket(data);
    if (await isUp(socket)) {
      await checkNewGroups(settings, groups, socket);
      return false;
    }
    checkDisk(settings);
    assertBudget();
    await stopLeftovers(createMarker(folder.id, data), say);
    checkPorts(settings.ports, portsOf(groups));
    checkKafkaFolder(paths(data).kafka);
    await install(settings, say);
    await spawnSupervisor(settings, socket);
    return true;
  });
}

/** The stack runs and the application is to come: its ports have to be free too. */
async function checkNewGroups(settings: Settings, groups: readonly Group[], socket: string): Promise<void> {
  const { call } = await import('./control.ts');
  const { up } = (await call({ socket, method: 'GET', path: '/ping' })) as { up: Group[] };
  checkPorts(settings.ports, portsOf(groups.filter(group => !up.includes(group))));
}

async function spawnSupervisor(settings: Settings, socket: string): Promise<void> {
  const { log } = paths(settings.data);
  const file = join(log, 'supervisor.log');
  rotateLog(file);
  const out = openSync(file, 'a');
  const child = spawn(nodeBinary, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'daemon.ts')], {
    cwd: '/',
    env: { ...settings.machine, ...settings.env },
    detached: true,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const life = { ended: false };
  child.on('exit', () => {
    life.ended = true;
  });
  child.on('error', () => {
    life.ended = true;
  });
  const deadline = Date.now() + 20_000;
  while (!(existsSync(socket) && (await isUp(socket)))) {
    if (life.ended || Date.now() > deadline)
      throw new Fault(`the supervisor did not start: ${logTail(file, 3).join(' | ')} (log: ${file})`);
    await pause(30);
  }
  child.unref();
}
