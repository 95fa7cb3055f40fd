import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { readTopic } from '../read-topic.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { openPublisher } from './published-again.ts';

const groups = ['orders', 'payments', 'inventory', 'routing', 'risk'] as const;
/** One type of event that each group reads, and where it comes from. */
const poison = {
  orders: { topic: 'stock.events', type: 'StockReserved' },
  payments: { topic: 'order.events', type: 'OrderPlaced' },
  inventory: { topic: 'payment.events', type: 'PaymentCaptured' },
  routing: { topic: 'stock.events', type: 'StockRejected' },
  risk: { topic: 'delivery.events', type: 'EtaChanged' },
} as const;

let run: FaultRun;
let publisher: Awaited<ReturnType<typeof openPublisher>>;
beforeAll(async () => {
  run = await startFaultRun('bad-messages');
  publisher = await openPublisher();
  run.letGo(publisher.stop);
  await run.goesOn('before anything bad comes');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 60_000);

async function setAside(group: string, table: 'dead_letters' | 'parked', id = ''): Promise<boolean> {
  const pool = createPool({ url: testEnv(`${group.toUpperCase()}_DATABASE_URL`), max: 1, name: 'bad-messages' });
  try {
    const rows = await sqlOfPool(pool)(`select from ${table} where consumer_group = $1 and event_id = $2`, [group, id]);
    return rows.length === 1;
  } finally {
    await pool.end();
  }
}

test.each(groups)(
  'what %s cannot read becomes a dead letter, and other orders go on',
  async group => {
    const { topic, type } = poison[group];
    const bad = { key: uuidv7(), type, seq: 1 };
    const ids = await publisher.send(topic, { ...bad, payload: { orderId: 17 } }, { ...bad, seq: 2, payload: null });
    // What comes later for the same key waits behind it, good or bad.
    await waitFor(
      async () => (await setAside(group, 'dead_letters', ids[0])) && (await setAside(group, 'parked', ids[1])),
      {
        timeoutMs: 60_000,
        intervalMs: 200,
        what: `a dead letter of ${group}, and one behind it`,
      },
    );
    run.saw(`poison for ${group}`, true);
    await waitFor(async () => (await readTopic(`${group}.dead`)).some(({ key }) => key === bad.key), {
      timeoutMs: 30_000,
      what: `${group}.dead to tell of them`,
    });
    await run.goesOn(`after poison for ${group}`);
  },
  180_000,
);

test('a message of 5 MB stops nobody', async () => {
  const large = { orderId: uuidv7(), padding: 'x'.repeat(5 * 1024 * 1024) };
  const sent = await publisher
    .send('stock.events', { key: large.orderId, type: 'StockReserved', seq: 1, payload: large })
    .then(
      ([id = '']) => ({ id, refused: '' }),
      (error: unknown) => ({ id: '', refused: error instanceof Error ? error.message : String(error) }),
    );
  // Either nobody takes it, or whoever reads it sets it aside.
  if (sent.id === '') run.saw('a broker that refuses 5 MB', /too large|larger than/i.test(sent.refused));
  else {
    const { id } = sent;
    await waitFor(() => setAside('orders', 'dead_letters', id), {
      timeoutMs: 60_000,
      what: 'a dead letter',
    });
    run.saw('a message of 5 MB', true);
  }
  await run.goesOn('after a message of 5 MB');
}, 180_000);

test('an event of 5 MB in the outbox stops nobody', async () => {
  const pool = createPool({ url: testEnv('ORDERS_DATABASE_URL'), max: 1, name: 'bad-messages' });
  run.letGo(() => pool.end());
  const [id, key] = [uuidv7(), uuidv7()];
  await sqlOfPool(pool)(
    `insert into outbox (id, topic, key, type, seq, payload) values ($1, 'fulfillment-events', $2, 'Tested', 1, $3)`,
    [id, key, JSON.stringify({ orderId: key, padding: 'x'.repeat(5 * 1024 * 1024) })],
  );
  await run.goesOn('behind an event of 5 MB', 180_000);
  const told = await waitFor(async () => (await readTopic('fulfillment-events')).find(message => message.key === key), {
    timeoutMs: 60_000,
    intervalMs: 500,
    what: 'the event of 5 MB on the log',
  });
  run.saw('an event of 5 MB on the log', (told.value ?? '').length > 5 * 1024 * 1024);
  expect(told.headers['id']).toBe(id);
}, 300_000);

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 240_000);
