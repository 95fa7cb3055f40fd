import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { processes } from '@waygraph/stack/processes';
import { ask } from '../support.ts';
import { badWeather, portOf } from './bad-weather.ts';
import { borrowPart } from './borrow-part.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** What a process talks to, by the variables it gets. */
const servers: Readonly<Record<string, RegExp>> = {
  postgres: /_DATABASE_URL$/,
  kafka: /^KAFKA_BROKERS$/,
  redis: /^REDIS_URL$/,
  'fake-psp': /^PSP_URL$/,
  orders: /^ORDERS_URL$/,
  payments: /^PAYMENTS_URL$/,
  inventory: /^INVENTORY_URL$/,
  routing: /^ROUTING_URL$/,
  risk: /^RISK_URL$/,
};

let run: FaultRun;
beforeAll(async () => {
  run = await startFaultRun('lines');
  await run.goesOn('in fair weather');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 120_000);

const talkers = processes.flatMap(({ name, reads, renamed = {} }) => {
  const variables = [...reads, ...Object.keys(renamed)];
  const to = Object.entries(servers).filter(([, pattern]) => variables.some(variable => pattern.test(variable)));
  // The canary and the jobs are no part of an order's way: nothing need cross their lines while one is watched.
  return to.length === 0 || ['jobs', 'canary'].includes(name) ? [] : [{ name, to: to.map(([server]) => server) }];
});
const ports = (): Readonly<Record<string, number>> => ({
  postgres: portOf(testEnv('ORDERS_DATABASE_URL')),
  kafka: portOf(testEnv('KAFKA_BROKERS')),
  redis: portOf(testEnv('REDIS_URL')),
  'fake-psp': portOf(testEnv('PSP_URL')),
  ...Object.fromEntries(
    ['orders', 'payments', 'inventory', 'routing', 'risk'].map(name => [
      name,
      portOf(testEnv(`${name.toUpperCase()}_URL`)),
    ]),
  ),
});

test.each(talkers)(
  '$name goes on behind slow lines that break: to $to',
  async ({ name, to }) => {
    const lines: Record<string, TcpProxy> = {};
    const redirects: Record<string, number> = {};
    for (const server of to) {
      const port = ports()[server] ?? 0;
      const line = await createTcpProxy({ port });
      run.letGo(line.stop);
      lines[`${server} from ${name}`] = line;
      redirects[String(port)] = line.port;
    }
    const part = await borrowPart(name, { redirects });
    run.letGo(part.giveBack);
    const asking = keepAsking();
    try {
      await badWeather(run, lines);
    } finally {
      // The next one is watched with everything else in order.
      await asking.stop();
      await part.giveBack();
    }
  },
  300_000,
);

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 240_000);

/** Asks every subgraph something, again and again: a line that nobody uses could not be seen to be bad. */
function keepAsking(): { stop: () => Promise<void> } {
  const over = new AbortController();
  const done = (async () => {
    while (!over.signal.aborted) {
      const id = run.flow.orders.at(-1)?.id ?? '';
      await Promise.allSettled([
        run.world.operator.order(id),
        run.world.operator.wallet(run.customers.rich.id),
        ask('{ products(first: 1) { nodes { id } } }', {}),
      ]);
      await setTimeout(200);
    }
  })();
  return {
    stop: () => {
      over.abort();
      return done;
    },
  };
}
