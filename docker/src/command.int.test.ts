import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { nodeBinary } from './application.ts';
import { freePorts } from './free-ports.ts';
import { run } from './proc.ts';
import { portNames, repository } from './settings.ts';

// The command a person types, on data folders and ports of its own; every case ends before anything is started.
const root = mkdtempSync(join(tmpdir(), 'waygraph-command-'));
let base: Record<string, string> = {};
let busy: Server;
let busyPort = 0;

beforeAll(async () => {
  const ports = await freePorts(portNames.length);
  base = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: root,
    ...Object.fromEntries(portNames.map((name, i) => [name, String(ports[i])])),
    WAYGRAPH_DATA: join(root, 'data'),
  };
  busy = createServer();
  busyPort = await new Promise<number>(resolve =>
    busy.listen(0, '127.0.0.1', () => {
      const address = busy.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
});

afterAll(() => {
  busy.close();
  rmSync(root, { recursive: true, force: true });
});

const stack = (args: readonly string[], env: Record<string, string> = {}) =>
  run(nodeBinary, ['--disable-warning=ExperimentalWarning', 'docker/src/stack.ts', ...args], {
    cwd: repository,
    env: { ...base, ...env },
  });

test('a port in use: which, by whom, which variable', async () => {
  const { code, output } = await stack(['up'], { REDIS_PORT: String(busyPort) });
  expect(output.trim()).toMatch(
    new RegExp(
      `^port ${String(busyPort)} is in use by process ${String(process.pid)} \\(.*node.*\\): stop it, or choose another port by REDIS_PORT$`,
    ),
  );
  expect(code).toBe(1);
}, 30_000);

test('too little disk', async () => {
  const { code, output } = await stack(['up'], { MIN_FREE_MB: '9999999' });
  expect(output.trim()).toMatch(/^too little disk for the data folder .*: \d+ MB free, 9999999 MB wanted: make room/);
  expect(code).toBe(1);
}, 30_000);

test('a folder that is not ours is neither used nor deleted', async () => {
  const foreign = join(root, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'thesis.txt'), 'mine');
  for (const command of ['up', 'reset']) {
    const { code, output } = await stack([command], { WAYGRAPH_DATA: foreign });
    expect(output).toMatch(/not ours|no data folder|not a data folder of ours/);
    expect(code).toBe(1);
  }
}, 30_000);

test('a corrupt Kafka folder', async () => {
  const data = join(root, 'corrupt');
  expect((await stack(['up'], { WAYGRAPH_DATA: data, MIN_FREE_MB: '9999999' })).code).toBe(1);
  mkdirSync(join(data, 'kafka'));
  writeFileSync(join(data, 'kafka/meta.properties'), 'version=1\n');
  const { code, output } = await stack(['up'], { WAYGRAPH_DATA: data });
  expect(output.trim()).toMatch(
    /^Kafka's folder .* is corrupt: meta\.properties is not one of this node; restore it, or start anew with "npm run stack -- reset"$/,
  );
  expect(code).toBe(1);
}, 30_000);

test('variables that do not fit are all said at once', async () => {
  const { code, output } = await stack(['up'], { KAFKA_PORT: 'ninety', REDIS_PORT: '99999' });
  expect(output).toMatch(/KAFKA_PORT: expected a whole number/);
  expect(output).toMatch(/REDIS_PORT: expected at most 65535/);
  expect(code).toBe(1);
}, 30_000);

test('down and status when nothing runs', async () => {
  expect(await stack(['down'], { WAYGRAPH_DATA: join(root, 'never') })).toMatchObject({ code: 0 });
  expect(await stack(['status'])).toMatchObject({ code: 3, output: 'down\n' });
  expect((await stack(['sideways'])).code).toBe(2);
}, 30_000);
