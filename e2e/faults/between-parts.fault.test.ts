import { afterAll, beforeAll, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { borrowPart } from './borrow-part.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { badWeather, portOf } from './bad-weather.ts';
import { createTcpProxy } from './tcp-proxy.ts';

let run: FaultRun;
beforeAll(async () => {
  run = await startFaultRun('between');
  await run.goesOn('in fair weather');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 90_000);

test('payments goes on behind a slow line that breaks, to its database and to the provider', async () => {
  const ledger = await createTcpProxy({ port: portOf(testEnv('PAYMENTS_DATABASE_URL')) });
  const provider = await createTcpProxy({ port: portOf(testEnv('PSP_URL')) });
  run.letGo(() => Promise.all([ledger.stop(), provider.stop()]));
  const part = await borrowPart('payments-consumer', {
    redirects: {
      [portOf(testEnv('PAYMENTS_DATABASE_URL'))]: ledger.port,
      [portOf(testEnv('PSP_URL'))]: provider.port,
    },
  });
  run.letGo(part.giveBack);
  await badWeather(run, { 'the ledger': ledger, 'the provider': provider });
}, 240_000);

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 240_000);
