import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { nodeBinary } from './application.ts';
import { deleteFolder, readFolder } from './folder.ts';
import { freePorts } from './free-ports.ts';
import { createMarker, folderProcesses, stopLeftovers } from './leftovers.ts';
import type { UnitStatus } from './part.ts';
import { clusterFolder, outsideFolders } from './postgres.ts';
import { listenerOf } from './proc.ts';

const root = mkdtempSync(join(tmpdir(), 'waygraph-supervision-'));
let count = 0;
let data = '';
let ports: number[] = [];
let running: ChildProcess | undefined;

beforeEach(async () => {
  count += 1;
  data = join(root, String(count));
  ports = await freePorts(2);
});

afterEach(async () => {
  running?.kill('SIGKILL');
  const folder = readFolder(data);
  if (folder) await stopLeftovers(createMarker(folder.id, data), () => undefined);
  deleteFolder(data, outsideFolders(data));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

type Small = { output: () => string; status: () => UnitStatus[]; ended: Promise<number | null>; child: ChildProcess };

function start(): Small {
  const child = spawn(nodeBinary, [join(import.meta.dirname, 'testing/small-system.ts'), data, ...ports.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  return {
    child,
    output: () => output,
    status: () => JSON.parse(/^UP (.*)$/m.exec(output)?.[1] ?? '[]') as UnitStatus[],
    ended: new Promise(resolve =>
      child.on('exit', code => {
        resolve(code);
      }),
    ),
  };
}

const isUp = (small: Small) =>
  waitFor(() => /^UP /m.test(small.output()), { timeoutMs: 60_000, what: `the small system (${small.output()})` });
const pidOf = (small: Small, name: string) => small.status().find(unit => unit.name === name)?.pid ?? 0;
const processes = () => folderProcesses(createMarker(readFolder(data)?.id ?? '', data));

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: ports[0] ?? 0,
    user: 'waygraph',
    password: 'waygraph',
    database: 'postgres',
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('a killed server comes back with its data, and the log says how it ended and what it wrote last', async () => {
  const small = start();
  await isUp(small);
  await query('create table kept as select 42 as answer');
  for (const name of ['postgres', 'redis']) {
    process.kill(pidOf(small, name), 'SIGKILL');
    await waitFor(() => small.output().includes(`${name} is ready again`), {
      timeoutMs: 60_000,
      what: `${name} again`,
    });
  }
  expect(small.output()).toMatch(
    /postgres was ended by SIGKILL after .*starting it again in .*\(restart 1\); its last lines:\n {2}postgres \| /,
  );
  expect(small.output()).toContain('redis was ended by SIGKILL');
  expect(await query('select answer from kept')).toEqual([{ answer: 42 }]);
  small.child.kill('SIGTERM');
  expect(await small.ended).toBe(0);
  expect(processes()).toEqual([]);
}, 120_000);

test('what a killed supervisor has left is found by the data folder alone, stopped cleanly, and the data are whole', async () => {
  const first = start();
  await isUp(first);
  await query('create table kept as select 7 as answer');
  first.child.kill('SIGKILL');
  await first.ended;
  expect(new Set(processes().map(({ part }) => part))).toEqual(new Set(['postgres', 'redis']));
  const said: string[] = [];
  await stopLeftovers(createMarker(readFolder(data)?.id ?? '', data), line => said.push(line));
  expect(processes()).toEqual([]);
  expect(said.join()).toContain('an earlier run was cut off');
  expect(readFileSync(join(data, 'log/postgres.log'), 'utf8')).toContain('database system is shut down');
  const second = start();
  await isUp(second);
  expect(await query('select answer from kept')).toEqual([{ answer: 7 }]);
}, 120_000);

test('data that PostgreSQL refuses: its own reason in one line, and nothing half-started stays', async () => {
  const first = start();
  await isUp(first);
  first.child.kill('SIGTERM');
  await first.ended;
  const control = join(clusterFolder(data), 'global/pg_control');
  truncateSync(control, 0);
  const fd = openSync(control, 'w');
  writeSync(fd, 'broken');
  closeSync(fd);
  const second = start();
  await waitFor(() => /before it was ready/.test(second.output()), { timeoutMs: 60_000, what: 'the refusal' });
  expect(second.output()).toMatch(
    /^postgres (exited with code 1|was ended by SIGABRT) before it was ready: .*(FATAL|PANIC): .*pg_control.*\(log: .*postgres\.log\)$/m,
  );
  await second.ended;
  await waitFor(
    async () => {
      await stopLeftovers(createMarker(readFolder(data)?.id ?? '', data), () => undefined);
      return processes().length === 0;
    },
    { timeoutMs: 30_000, what: 'nothing to be left' },
  );
}, 120_000);

test('whoever listens on a port is found with pid and command', () => {
  expect(listenerOf(ports[0] ?? 0)).toBeUndefined();
  expect(existsSync('/proc/net/tcp')).toBe(true);
});
