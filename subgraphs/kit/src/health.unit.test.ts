import { afterEach, expect, test } from '@jest/globals';
import { createHealth, startHealthServer, type Checks } from './health.ts';
import { createLog } from './log.ts';

const log = createLog('test', 'silent');
const servers: { stop: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(checks: Checks) {
  const health = createHealth(checks, { timeoutMs: 30 });
  const server = await startHealthServer({ port: 0, health, log });
  servers.push(server);
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.json() };
  };
  return { get, health, port: server.port };
}

test('alive is not ready: each check that fails is named with its reason', async () => {
  const { get } = await start({
    database: () => Promise.reject(new Error('connection refused')),
    kafka: () => undefined,
    redis: () => new Promise(() => undefined),
  });
  expect(await get('/health')).toEqual({ status: 200, body: { status: 'alive' } });
  expect(await get('/ready')).toEqual({
    status: 503,
    body: {
      status: 'not ready',
      checks: { database: 'connection refused', kafka: 'ok', redis: 'no answer within 30 ms' },
    },
  });
});

test('a process that drains is alive and not ready', async () => {
  const { get, health } = await start({ kafka: () => undefined });
  expect(await get('/ready?x=1')).toEqual({ status: 200, body: { status: 'ready', checks: { kafka: 'ok' } } });
  health.drain();
  expect((await get('/ready')).status).toBe(503);
  expect((await get('/health')).status).toBe(200);
  expect((await get('/graphql')).status).toBe(404);
});

test('a port in use is named', async () => {
  const { port } = await start({});
  const second = startHealthServer({ port, health: createHealth({}), log });
  await expect(second).rejects.toThrow(`port ${port} is in use`);
});
