import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { ownDatabase } from '@waygraph/sql/testing/own-database';
import { sqlOfPool, type Sql } from './database.ts';
import { on, onWithCalls } from './event-handler.ts';
import { groupOn } from './testing/held-events.ts';
import { uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

// Of its own: what it tells must reach no log, where nobody made a topic for it.
const own = await ownDatabase('risk');
const { pool } = own;
const sql = sqlOfPool(pool);
const passing = () => Object.assign(new Error('the provider is away'), { retryable: true });
let world: ReturnType<typeof groupOn>;

beforeEach(() => {
  world = groupOn(pool, CanaryBeat, beat => ({ server: beat.key, beat: beat.seq, at: '2026-11-21T09:30:00.000Z' }));
});
afterEach(() => world.stop());
afterAll(() => own.dispose());

const leases = () =>
  sql<{ key: string }>('select key from parked_keys where consumer_group = $1 and leased_by is not null', [
    world.group,
  ]);

test('the tries in place are none of the worker’s: its pauses grow from the first on', async () => {
  const key = uniqueId('key');
  const tries: number[] = [];
  await world.start(
    [
      onWithCalls(CanaryBeat, () => {
        tries.push(performance.now());
        return Promise.reject(passing());
      }),
    ],
    { retries: { firstMs: 100, longestMs: 60_000, tries: 1_000 } },
  );
  world.send({ key, seq: 1 });
  await waitFor(() => tries.length === 5, { what: 'three tries in place and two of the worker' });
  const [, , inPlace = 0, first = 0, second = 0] = tries;
  expect([first - inPlace, second - first].map(ms => Math.floor(ms / 1_000))).toEqual([0, 0]);
  await waitFor(async () => (await world.parked())[0]?.attempts === 2);
});

test('keys whose handler hangs leave the others their turn', async () => {
  const [hung, other] = [uniqueId('hung'), uniqueId('other')];
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  let away = true;
  await world.start(
    [
      onWithCalls(CanaryBeat, async ({ server }, finish) => {
        if (away) throw passing();
        if (server === hung) await gate.promise;
        await finish(() => Promise.resolve(done.push(server)));
      }),
    ],
    { retries: { firstMs: 20, longestMs: 50, tries: 1_000 } },
  );
  world.send({ key: hung, seq: 1 }, { key: other, seq: 1 });
  await waitFor(async () => (await world.parked()).length === 2);
  away = false;
  await waitFor(() => done.includes(other));
  // Also what is parked only now.
  await waitFor(async () => (await leases()).length === 1, { what: 'the lease of the one that hangs' });
  away = true;
  const late = uniqueId('late');
  world.send({ key: late, seq: 1 });
  await waitFor(async () => (await world.parked()).length === 2);
  away = false;
  await waitFor(() => done.includes(late));
  expect(done).not.toContain(hung);
  gate.resolve();
  await waitFor(() => done.includes(hung));
});

test('a stop leaves a key whose handler hangs to the next member at once, and what comes of it then counts for nothing', async () => {
  const key = uniqueId('key');
  const gate = Promise.withResolvers<void>();
  const effects: string[] = [];
  let [away, calls] = [true, 0];
  const hanging = (name: string) =>
    onWithCalls(CanaryBeat, async (_, finish) => {
      calls += 1;
      if (away) throw passing();
      if (name === 'first') await gate.promise;
      await finish(tx => tx('select 1').then(() => effects.push(name)));
    });
  const plan = { retries: { firstMs: 20, longestMs: 50, tries: 1_000 } };
  const first = await world.start([hanging('first')], plan);
  world.send({ key, seq: 1 });
  await waitFor(async () => (await world.parked()).length === 1);
  away = false;
  const before = calls;
  await waitFor(() => calls > before);
  const began = performance.now();
  await first.stop();
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await leases()).toEqual([]);
  await world.start([hanging('second')], plan);
  await waitFor(async () => (await world.keys()).length === 0);
  gate.resolve();
  await waitFor(() => effects.includes('second'));
  const inbox = () => sql('select from inbox where consumer_group = $1', [world.group]);
  expect([await inbox(), await world.parked(), await world.letters()]).toEqual([[expect.anything()], [], []]);
});

test('an event of which not even the failure can be written stands in nobody’s way, and readiness names its key', async () => {
  const [bad, good] = [uniqueId('bad'), uniqueId('good')];
  let away = true;
  const done: string[] = [];
  const consumer = await world.start(
    [
      on(CanaryBeat, async ({ server }, tx: Sql) => {
        if (away) throw passing();
        await tx('select 1');
        done.push(server);
      }),
    ],
    { retries: { firstMs: 20, longestMs: 100, tries: 1_000 } },
  );
  // A fault of the bookkeeping, whatever it is: the row does not go.
  await sql(
    `create function refuse() returns trigger language plpgsql as $$ begin raise check_violation using message = 'refused'; end $$`,
  );
  await sql(
    `create trigger refuse before delete on parked for each row when (old.key = '${bad}') execute function refuse()`,
  );
  world.send({ key: bad, seq: 1 }, { key: good, seq: 1 });
  await waitFor(async () => (await world.parked()).length === 2);
  away = false;
  await waitFor(() => done.includes(good));
  await waitFor(() => {
    expect(() => {
      consumer.ready();
    }).toThrow(`a parked event of ${bad} cannot be tried: `);
    return true;
  });
  const late = uniqueId('late');
  away = true;
  world.send({ key: late, seq: 1 });
  await waitFor(async () => (await world.parked()).length === 2);
  away = false;
  await waitFor(() => done.includes(late));
  // That it failed can be written: it was tried.
  const triesOf = async () => (await world.parked()).find(event => event.key === bad)?.attempts ?? 0;
  const before = await triesOf();
  away = true;
  await waitFor(async () => (await triesOf()) > before);
  await waitFor(() => (consumer.ready(), true));
  await sql('drop trigger refuse on parked');
  away = false;
  await waitFor(async () => (await world.keys()).length === 0);
  expect(await world.letters()).toEqual([]);
});
