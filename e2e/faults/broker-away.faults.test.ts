import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { call } from '@waygraph/stack/control';
import { partStatus } from '../support.ts';
import { portOf } from './bad-weather.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { pausePart } from './part-signals.ts';

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
  // Whoever borrows a part decides whether it runs at all; the supervisor starts it again when it is given back.
  const over = new AbortController();
  const lent = call({
    ...{ socket: testEnv('WAYGRAPH_CONTROL'), path: '/borrow?part=kafka', signal: over.signal },
  }).catch(() => undefined);
  run.letGo(() => {
    over.abort();
  });
  await waitFor(async () => !(await answers()), { timeoutMs: 60_000, intervalMs: 100, what: 'the broker to be away' });
  const beganAt = performance.now();
  const placed = run.flow.orders.length;
  await waitFor(() => performance.now() - beganAt > awayMs, { timeoutMs: awayMs + 10_000, what: 'half a minute' });
  run.saw('no broker for 30 s', !(await answers()));
  run.saw('orders taken without a broker', run.flow.orders.length > placed);
  over.abort();
  await lent;
  await waitFor(async () => (await partStatus('kafka')).state === 'ready', { timeoutMs: 90_000, what: 'the broker' });
  await run.goesOn('after the broker was away', 180_000);
}, 400_000);

test('a broker that stands still for longer than a session loses nobody', async () => {
  const { resume } = await pausePart('kafka');
  run.letGo(resume);
  const beganAt = performance.now();
  await waitFor(() => performance.now() - beganAt > silentMs, {
    timeoutMs: silentMs + 10_000,
    what: '20 s of silence',
  });
  run.saw(
    'a broker that stands still',
    (await partStatus('kafka')).restarts >= 0 && performance.now() - beganAt > silentMs,
  );
  resume();
  await run.goesOn('after the broker stood still', 180_000);
}, 400_000);

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 300_000);
