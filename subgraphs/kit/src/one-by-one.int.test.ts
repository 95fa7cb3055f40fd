import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { createPool, sqlOfPool, withTransaction, type Sql } from './database.ts';
import { on, onWithCalls } from './event-handler.ts';
import { groupOn } from './testing/held-events.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 12, name: 'one-by-one-test' });
const plan = { retries: { firstMs: 20, longestMs: 20, tries: 1_000 } };
let world: ReturnType<typeof groupOn>;

beforeEach(() => {
  world = groupOn(pool, CanaryBeat, beat => ({ server: beat.key, beat: beat.seq, at: '2026-11-21T09:30:00.000Z' }));
});
afterEach(() => world.stop());
afterAll(() => pool.end());

const note = (sql: Sql, { server, beat }: { server: string; beat: number }) =>
  sql(
    `insert into idempotency (subject, operation, key, request_hash, created_at) values ($1, $2, $3, '', clock_timestamp())`,
    [world.group, server, String(beat)],
  );
const effectsOf = async (server: string) =>
  (
    await sqlOfPool(pool)<{ key: string }>(
      'select key from idempotency where subject = $1 and operation = $2 order by created_at',
      [world.group, server],
    )
  ).map(row => Number(row.key));
/** Keys that lie on the same partition. */
function neighbours(count: number): string[] {
  const keys: string[] = [];
  for (let partition: number | undefined; keys.length < count;) {
    const key = uniqueId('key');
    const record = world.fake.send('probe', { key, value: '', headers: {} });
    partition ??= record.partition;
    if (record.partition === partition) keys.push(key);
  }
  return keys;
}

test('an event whose row somebody else has locked does not have the others of its transaction done one by one', async () => {
  const [locked = '', ...others] = neighbours(10);
  const [taken, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const lock = 'select pg_advisory_xact_lock(hashtext($1))';
  const holder = withTransaction(pool, async sql => {
    await sql(lock, [`${world.group}${locked}`]);
    taken.resolve();
    await over.promise;
  });
  await taken.promise;
  try {
    world.send(...[...others, locked].map(key => ({ key, seq: 1 })), { key: locked, seq: 2 });
    await world.start(
      [
        on(CanaryBeat, async (beat, sql) => {
          await sql(lock, [`${world.group}${beat.server}`]);
          await note(sql, beat);
        }),
      ],
      plan,
    );
    await waitFor(async () => (await Promise.all(others.map(effectsOf))).every(({ length }) => length === 1));
    const begun = await sqlOfPool(pool)('select distinct handled_at from inbox where consumer_group = $1', [
      world.group,
    ]);
    expect(begun).toHaveLength(1);
    // In the end it is put aside with what is behind it, and its partition is done.
    await waitFor(() => world.behind() === 0, { what: 'the partition', timeoutMs: 15_000 });
    expect((await world.parked()).map(({ key }) => key)).toEqual([locked, locked]);
  } finally {
    over.resolve();
    await holder;
  }
  await waitFor(async () => (await effectsOf(locked)).length === 2, { what: 'the locked one', timeoutMs: 15_000 });
  expect(await effectsOf(locked)).toEqual([1, 2]);
}, 40_000);

test('calls to the outside for different keys of a partition are made at the same time, for the same key in order', async () => {
  const [one = '', two = ''] = neighbours(2);
  const met = Promise.withResolvers<void>();
  const begun: string[] = [];
  world.send({ key: one, seq: 1 }, { key: one, seq: 2 }, { key: two, seq: 1 });
  await world.start([
    onWithCalls(CanaryBeat, async (beat, finish) => {
      begun.push(`${beat.server} ${String(beat.beat)}`);
      // Each stands still until the other key's call is made.
      if (beat.server === two) met.resolve();
      await met.promise;
      await finish(sql => note(sql, beat));
    }),
  ]);
  await waitFor(() => world.behind() === 0, { what: 'three events' });
  expect(begun.toSorted()).toEqual([`${one} 1`, `${one} 2`, `${two} 1`].toSorted());
  expect(begun.at(-1)).toBe(`${one} 2`);
  expect([await effectsOf(one), await effectsOf(two)]).toEqual([[1, 2], [1]]);
});
