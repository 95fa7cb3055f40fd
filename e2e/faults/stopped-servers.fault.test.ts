import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { readTopic } from '../read-topic.ts';
import { redisCommand } from '../redis-command.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { killPart } from './part-signals.ts';

let run: FaultRun;
beforeAll(async () => {
  run = await startFaultRun('servers');
  await run.goesOn('before any server stops');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 60_000);

const logOf = (part: string): string =>
  readFileSync(join(dirname(dirname(testEnv('WAYGRAPH_STATE'))), 'log', `${part}.log`), 'utf8');
const countOf = (text: string, part: string): number => text.split(part).length - 1;

test('PostgreSQL that stops at once and has to recover loses no order', async () => {
  const recoveries = () => countOf(logOf('postgres'), 'automatic recovery in progress');
  const before = recoveries();
  const { back } = await killPart('postgres', 'SIGQUIT');
  await back();
  run.saw('a recovery of PostgreSQL', recoveries() > before);
  await run.goesOn('after PostgreSQL stopped at once');
}, 240_000);

test('what Connect publishes twice, killed before it remembers how far it was, has its effect once', async () => {
  const repeated = async (): Promise<number> => {
    const ids = (await readTopic('order.events')).map(({ headers }) => headers['id'] ?? '');
    return ids.length - new Set(ids).size;
  };
  const before = await repeated();
  // Its place is kept every two seconds: killed in between it has told what it does not remember.
  for (let kills = 0; kills < 5 && (await repeated()) === before; kills += 1) {
    const orders = run.flow.orders.length;
    await waitFor(() => run.flow.orders.length >= orders + 2, { timeoutMs: 60_000, what: 'orders to be told' });
    const { back } = await killPart('connect');
    await back();
    await run.goesOn('after Connect was killed');
  }
  run.saw('events that were published twice', (await repeated()) > before);
}, 400_000);

test('Redis that forgets everything is filled again and nobody waits for it', async () => {
  const redis = (command: string) => redisCommand(testEnv('REDIS_URL'), command);
  await redis('SET fault:sign 1');
  expect(await redis('FLUSHALL')).toBe('OK');
  run.saw('a Redis without what it had', (await redis('EXISTS fault:sign')) === '0');
  await run.goesOn('after Redis was flushed');
}, 150_000);

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 240_000);
