import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { readTopic } from '../read-topic.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { openPublisher } from './published-again.ts';

const topics = ['order.events', 'delivery.events', 'stock.events', 'payment.events', 'delivery.risk'];

let run: FaultRun;
let publisher: Awaited<ReturnType<typeof openPublisher>>;
beforeAll(async () => {
  run = await startFaultRun('repeats', { pauseMs: 300 });
  publisher = await openPublisher();
  run.letGo(publisher.stop);
  await run.goesOn('before anything is repeated');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 60_000);

/** Everything that was told of these orders. */
async function toldOf(ids: readonly string[]) {
  const all = await Promise.all(topics.map(topic => readTopic(topic)));
  return all.flat().filter(({ key }) => ids.includes(key ?? ''));
}
const idsOf = (messages: readonly { headers: Readonly<Record<string, string | undefined>> }[]) =>
  messages.map(({ headers }) => headers['id']);

test('every event of orders under way comes again, in another order, and changes nothing', async () => {
  const young = run.flow.orders.filter(({ status }) => status !== 'DELIVERED' && status !== 'CANCELLED');
  const told = await toldOf(young.map(({ id }) => id));
  expect(told.length).toBeGreaterThan(0);
  // Topics are read side by side, and newest first is the order that no publisher would choose.
  for (const message of told.toReversed()) await publisher.again(message);
  const repeated = await toldOf(young.map(({ id }) => id));
  run.saw('events that came twice', idsOf(repeated).length > new Set(idsOf(repeated)).size);
  await run.goesOn('after events came twice');
}, 180_000);

/** One statement over the inboxes of all services; gives how many rows it found. */
async function inInboxes(statement: string, eventIds: readonly (string | undefined)[]): Promise<number> {
  const found = await Promise.all(
    ['ORDERS', 'PAYMENTS', 'INVENTORY', 'ROUTING', 'RISK'].map(async service => {
      const pool = createPool({ url: testEnv(`${service}_DATABASE_URL`), max: 1, name: 'repeats' });
      try {
        return (await sqlOfPool(pool)(statement, [eventIds])).length;
      } finally {
        await pool.end();
      }
    }),
  );
  return found.reduce((sum, rows) => sum + rows, 0);
}

test('events of orders that have ended, hours late, come again as if they were new and change nothing', async () => {
  const ended = await waitFor(
    () => {
      const over = run.flow.orders.filter(({ status }) => status === 'DELIVERED' || status === 'CANCELLED');
      return over.length >= 5 && over;
    },
    { timeoutMs: 60_000, what: () => `five orders to end (${run.flow.what()})` },
  );
  const ids = ended.map(({ id }) => id);
  const before = await run.orders('select id, status, version, revision from orders where id = any($1) order by id', [
    ids,
  ]);
  const told = await toldOf(ids);
  // An inbox forgets after a while: then only what is known of the order itself says that this is old.
  const forgotten = await inInboxes(
    'delete from inbox where event_id = any($1::uuid[]) returning event_id',
    idsOf(told),
  );
  run.saw('inboxes that have forgotten', forgotten >= told.length);
  for (const message of told) await publisher.again(message);
  const again = await toldOf(ids);
  run.saw('late events', idsOf(again).length >= 2 * told.length);
  await waitFor(
    async () => (await inInboxes('select from inbox where event_id = any($1::uuid[])', idsOf(told))) >= forgotten,
    { timeoutMs: 60_000, intervalMs: 200, what: 'the late events to be handled again' },
  );
  await run.goesOn('after late events');
  const after = await run.orders('select id, status, version, revision from orders where id = any($1) order by id', [
    ids,
  ]);
  expect(after).toEqual(before);
}, 180_000);

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 240_000);
