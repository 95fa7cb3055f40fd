import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { partStatus } from '../support.ts';
import { portOf } from './bad-weather.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { lendPart } from './lend-part.ts';
import { pausePart, processState } from './part-signals.ts';

const awayMs = 30_000;
const silentMs = 20_000;

let run: FaultRun;
beforeAll(async () => {
  run = await startFaultRun('broker');
  await run.goesOn('before the broker goes');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 120_000);

async function answers(): Promise<boolean> {
  const socket = connect(portOf(testEnv('KAFKA_BROKERS')), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('a broker that is away for half a minute is missed by nobody afterwards', async () => {
  const { giveBack } = await lendPart('kafka');
  run.letGo(giveBack);
  await waitFor(async () => !(await answers()), { timeoutMs: 60_000, intervalMs: 100, what: 'the broker to be away' });
  const beganAt = performance.now();
  const placed = run.flow.orders.length;
  await waitFor(() => performance.now() - beganAt > awayMs, { timeoutMs: awayMs + 10_000, what: 'half a minute' });
  run.saw('no broker for 30 s', !(await answers()));
  run.saw('orders taken without a broker', run.flow.orders.length > placed);
  await giveBack();
  await run.goesOn('after the broker was away', 180_000);
}, 400_000);

test('a broker that stands still for longer than a session loses nobody', async () => {
  const { pid, resume } = await pausePart('kafka');
  run.letGo(resume);
  const beganAt = performance.now();
  await waitFor(() => performance.now() - beganAt > silentMs, {
    timeoutMs: silentMs + 10_000,
    what: '20 s of silence',
  });
  const isSame = (await partStatus('kafka')).pid === pid;
  run.saw('a broker that stands still for 20 s', isSame && processState(pid) === 'T');
  resume();
  await run.goesOn('after the broker stood still', 180_000);
}, 400_000);

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 300_000);
