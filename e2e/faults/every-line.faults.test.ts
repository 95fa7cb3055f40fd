import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { processes } from '@waygraph/stack/processes';
import { keepAsking } from './asking.ts';
import { badWeather, portOf } from './bad-weather.ts';
import { borrowPart } from './borrow-part.ts';
import { connectBehindLines } from './connect-behind-lines.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { watchWork } from './part-work.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** Whom a process talks to, by the variables it gets, and one that tells the port. */
const servers: Readonly<Record<string, { readonly variable: RegExp; readonly at: string }>> = {
  postgres: { variable: /_DATABASE_URL$/, at: 'ORDERS_DATABASE_URL' },
  kafka: { variable: /^KAFKA_BROKERS$/, at: 'KAFKA_BROKERS' },
  redis: { variable: /^REDIS_URL$/, at: 'REDIS_URL' },
  connect: { variable: /^CONNECT_URL$/, at: 'CONNECT_URL' },
  'fake-psp': { variable: /^PSP_URL$/, at: 'PSP_URL' },
  orders: { variable: /^ORDERS_URL$/, at: 'ORDERS_URL' },
  payments: { variable: /^PAYMENTS_URL$/, at: 'PAYMENTS_URL' },
  inventory: { variable: /^INVENTORY_URL$/, at: 'INVENTORY_URL' },
  routing: { variable: /^ROUTING_URL$/, at: 'ROUTING_URL' },
  risk: { variable: /^RISK_URL$/, at: 'RISK_URL' },
};
const talksTo = new Map(
  processes.map(({ name, reads, renamed = {} }) => {
    const variables = [...reads, ...Object.keys(renamed)];
    const found = Object.entries(servers).filter(([, { variable }]) => variables.some(one => variable.test(one)));
    return [name, found.map(([server]) => server)] as const;
  }),
);
const names = processes.map(({ name }) => name);
/** Whose lines are bad at the same time; together everybody, as a test says. */
const batches: Readonly<Record<string, readonly string[]>> = {
  'the gateway': ['gateway'],
  'the subgraphs': processes.filter(({ entry }) => entry.startsWith('subgraphs/')).map(({ name }) => name),
  // In two halves: with all of them behind slow lines an order is minutes on its way.
  'payments and routing': ['payments-consumer', 'routing-consumer'],
  'the other consumers': ['orders-consumer', 'inventory-consumer', 'risk-consumer'],
  'what looks after the whole': ['read-sync', 'outbox-health', 'auditor', 'canary', 'jobs'],
};

let run: FaultRun;
beforeAll(async () => {
  // Few at a time: a connection that takes 400 ms there and back answers two questions a second.
  run = await startFaultRun('lines', { mostUnderWay: 4 });
  await run.goesOn('in fair weather');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 120_000);

test('no line of anybody is left out', () => {
  const silent = names.filter(name => talksTo.get(name)?.length === 0);
  expect([...Object.values(batches).flat(), ...silent].sort()).toEqual([...names].sort());
  expect(silent).toEqual(['fake-psp']);
});

test.each(Object.keys(batches))(
  '%s: every line is slow and breaks, and everything goes on',
  async batch => {
    const parts = batches[batch] ?? [];
    const lines: Record<string, TcpProxy> = {};
    const borrowed = await Promise.all(
      parts.map(async name => {
        const redirects: Record<string, number> = {};
        for (const server of talksTo.get(name) ?? []) {
          const port = portOf(testEnv(servers[server]?.at ?? ''));
          const line = await createTcpProxy({ port });
          run.letGo(line.stop);
          lines[`${server} from ${name}`] = line;
          redirects[String(port)] = line.port;
        }
        const part = await borrowPart(name, { redirects }, { AUDIT_EVERY_MS: '5000' });
        run.letGo(part.giveBack);
        return part;
      }),
    );
    const asking = keepAsking(run);
    try {
      await badWeather(run, lines);
      const works = await Promise.all(parts.map(watchWork));
      await Promise.all(works.map(done => done()));
    } finally {
      // The next ones are watched with everything else in order.
      await asking.stop();
      await Promise.all(borrowed.map(part => part.giveBack()));
    }
  },
  400_000,
);

test('Connect: its lines to Kafka and to PostgreSQL are slow and break, and everything goes on', async () => {
  const { lines, giveBack } = await connectBehindLines(run);
  await badWeather(run, lines);
  await run.goesOn('after the lines of Connect were cut', 180_000);
  await giveBack();
}, 600_000);

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 240_000);
