import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { ownDatabase } from '@waygraph/sql/testing/own-database';
import { createPool, sqlOfPool, type Sql } from './database.ts';
import { on, onMany, onWithCalls } from './event-handler.ts';
import { groupOn } from './testing/held-events.ts';
import { uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

// Of its own: what it tells must reach no log, where nobody made a topic for it.
const own = await ownDatabase('risk');
const { pool } = own;
const passing = (text = 'the provider is away') => Object.assign(new Error(text), { retryable: true });
let world: ReturnType<typeof groupOn>;
let key: string;

beforeEach(() => {
  world = groupOn(pool, CanaryBeat, beat => ({ server: beat.key, beat: beat.seq, at: '2026-11-21T09:30:00.000Z' }));
  key = uniqueId('key');
});
afterEach(() => world.stop());
afterAll(() => own.dispose());

type Beat = { server: string; beat: number };
/** An effect that stands or falls with its transaction; a second one of the same event is refused. */
const note = (sql: Sql, { server, beat }: Beat) =>
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
const effectOf = (fault: (beat: Beat) => Error | undefined) =>
  on(CanaryBeat, async (beat, sql: Sql) => {
    const error = fault(beat);
    if (error !== undefined) throw error;
    await note(sql, beat);
  });
const seqs = (...list: number[]) => list.map(seq => ({ key, seq }));
const all = async (keys: readonly string[], count: number) =>
  (await Promise.all(keys.map(effectsOf))).every(effects => effects.length === count);
const quiet = async () => (await world.keys()).length === 0 && world.behind() === 0;

test('an event that fails for a passing reason waits with those of its key behind it, while other keys go on', async () => {
  let away = true;
  await world.start([effectOf(({ server, beat }) => (away && server === key && beat === 2 ? passing() : undefined))], {
    retries: { firstMs: 20, longestMs: 20, tries: 1_000 },
  });
  const others = Array.from({ length: 12 }, () => uniqueId('other'));
  const [, second, third] = world.send(...seqs(1, 2, 3));
  world.send(...others.map(other => ({ key: other, seq: 1 })));
  await waitFor(async () => (await world.parked()).length === 2 && (await all(others, 1)));
  expect(await world.parked()).toMatchObject([
    { event_id: second, reason: 'Error: the provider is away' },
    { event_id: third, attempts: 0, reason: null },
  ]);
  // Nothing of it keeps the partition from being done.
  await waitFor(() => world.behind() === 0);
  world.send(...seqs(4));
  await waitFor(async () => (await world.parked()).length === 3);
  away = false;
  await waitFor(quiet, { what: 'the end of the waiting' });
  expect(await effectsOf(key)).toEqual([1, 2, 3, 4]);
  world.send(...seqs(5));
  await waitFor(async () => (await effectsOf(key)).length === 5);
  expect(await world.parked()).toEqual([]);
});

test('what waits for a key waits on every topic, and a call to the outside is not made before its turn', async () => {
  let away = true;
  const calls: number[] = [];
  await world.start(
    [
      onWithCalls(CanaryBeat, async (beat, finish) => {
        calls.push(beat.beat);
        if (away && beat.beat === 1) throw passing();
        await finish(sql => note(sql, beat));
      }),
    ],
    { retries: { firstMs: 20, longestMs: 20, tries: 1_000 } },
  );
  world.send(...seqs(1));
  await waitFor(async () => (await world.parked()).length === 1);
  world.send(...seqs(2, 3));
  await waitFor(async () => (await world.parked()).length === 3);
  expect(new Set(calls)).toEqual(new Set([1]));
  away = false;
  await waitFor(quiet);
  expect(await effectsOf(key)).toEqual([1, 2, 3]);
});

test('several workers of a group share what is due; each event has its effect once and in order', async () => {
  const keys = Array.from({ length: 20 }, () => uniqueId('key'));
  let away = true;
  const handler = effectOf(({ beat }) => (away && beat === 1 ? passing() : undefined));
  const plan = { retries: { firstMs: 5, longestMs: 10, tries: 10_000 } };
  for (let n = 0; n < 3; n += 1) await world.start([handler], plan);
  for (const beat of [1, 2, 3, 4, 5]) world.send(...keys.map(one => ({ key: one, seq: beat })));
  await waitFor(async () => (await world.parked()).length === 100, { what: '100 parked events', timeoutMs: 20_000 });
  away = false;
  await waitFor(quiet, { timeoutMs: 20_000 });
  for (const one of keys) expect(await effectsOf(one)).toEqual([1, 2, 3, 4, 5]);
});

test('an event that is delivered again while it waits, or when it is done, has no second effect', async () => {
  let away = true;
  await world.start([effectOf(({ beat }) => (away && beat === 1 ? passing() : undefined))], {
    retries: { firstMs: 20, longestMs: 20, tries: 1_000 },
  });
  const [id = ''] = world.send(...seqs(1));
  await waitFor(async () => (await world.parked()).length === 1);
  world.send({ key, seq: 1, id });
  world.send({ key, seq: 2 });
  await waitFor(async () => (await world.parked()).length === 2);
  away = false;
  await waitFor(quiet);
  world.send({ key, seq: 1, id }, { key, seq: 3 });
  await waitFor(async () => (await effectsOf(key)).includes(3));
  expect(await effectsOf(key)).toEqual([1, 2, 3]);
});

test('a member that dies loses nothing of what waits', async () => {
  const handler = effectOf(({ beat }) => (beat === 1 && !calm ? passing() : undefined));
  let calm = false;
  const plan = { retries: { firstMs: 20, longestMs: 20, tries: 10_000 } };
  await world.start([handler], plan);
  world.send(...seqs(1, 2));
  await waitFor(async () => (await world.parked()).length === 2);
  world.fake.killMembers(world.group);
  await world.stop();
  calm = true;
  await world.start([handler], plan);
  world.send(...seqs(3));
  await waitFor(quiet);
  expect(await effectsOf(key)).toEqual([1, 2, 3]);
});

test('one that fails among many that share a transaction takes nobody with it', async () => {
  const keys = Array.from({ length: 30 }, () => uniqueId('key'));
  const bad = keys[7] ?? '';
  await world.start([effectOf(({ server }) => (server === bad ? new Error('no such seller') : undefined))]);
  world.send(...keys.flatMap(one => [1, 2].map(seq => ({ key: one, seq }))));
  await waitFor(() =>
    all(
      keys.filter(one => one !== bad),
      2,
    ),
  );
  await waitFor(async () => (await world.letters()).length === 1 && (await world.parked()).length === 1);
  expect(await effectsOf(bad)).toEqual([]);
  expect((await world.letters())[0]).toMatchObject({ key: bad, reason: 'Error: no such seller' });
});

test('rows that are locked hold up their own keys only, not others of the same handler', async () => {
  const locked = Array.from({ length: 8 }, () => uniqueId('locked'));
  const others = Array.from({ length: 12 }, () => uniqueId('other'));
  const waited = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  await world.start(
    [
      on(CanaryBeat, async (beat, sql: Sql) => {
        if (locked.includes(beat.server)) {
          await sql('select pg_sleep(0.1)');
          throw waited;
        }
        await note(sql, beat);
      }),
    ],
    { retries: { firstMs: 60_000, longestMs: 60_000, tries: 1_000 } },
  );
  world.send(...locked.slice(0, 4).map(one => ({ key: one, seq: 1 })));
  await waitFor(async () => (await world.parked()).length === 4);
  // With so many that are locked, these are tried one by one.
  world.send(...[...locked.slice(4), ...others].map(one => ({ key: one, seq: 1 })));
  await waitFor(() => world.behind() === 0);
  expect(new Set((await world.parked()).map(event => event.key))).toEqual(new Set(locked));
  expect(await all(others, 1)).toBe(true);
});

test('after one that failed the others take their locks in the order of their keys as well', async () => {
  const keys = Array.from({ length: 40 }, () => uniqueId('key')).sort();
  const bad = keys[0];
  const transactions = new Map<Sql, string[]>();
  await world.start([
    on(CanaryBeat, async ({ server }, sql: Sql) => {
      const own = transactions.get(sql) ?? [];
      transactions.set(sql, [...own, server]);
      await sql('select 1');
      if (server === bad) throw new Error('no such seller');
    }),
  ]);
  world.send(...keys.toReversed().map(one => ({ key: one, seq: 1 })));
  await waitFor(() => world.behind() === 0);
  expect(await world.letters()).toMatchObject([{ key: bad }]);
  for (const own of transactions.values()) expect(own).toEqual(own.toSorted());
});

test('what goes together and what goes alone stay in order per key', async () => {
  const seen: number[] = [];
  const noted = (deliveries: readonly { event: { data: Beat } }[]) => {
    seen.push(...deliveries.map(({ event }) => event.data.beat));
    return Promise.resolve();
  };
  await world.start(onMany([CanaryBeat], noted));
  world.send(...seqs(...Array.from({ length: 50 }, (_, n) => n + 1)));
  await waitFor(() => seen.length === 50);
  expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
});

test('retries that are used up make a dead letter, and what is behind it waits on', async () => {
  await world.start([effectOf(({ beat }) => (beat === 1 ? passing() : undefined))]);
  const [id] = world.send(...seqs(1, 2));
  await waitFor(async () => (await world.letters()).length === 1, { what: 'a dead letter' });
  expect(await world.letters()).toMatchObject([
    { key, event_id: id, attempts: 4, handler: 'canary/CanaryBeat', reason: 'Error: the provider is away' },
  ]);
  expect(await world.parked()).toHaveLength(1);
  expect(await world.keys()).toEqual([{ key, due_at: null }]);
  expect(await effectsOf(key)).toEqual([]);
});

test('while the database is away nothing is parked: the event is done when it is back', async () => {
  let faults = 0;
  await world.start([
    on(CanaryBeat, async (beat, sql) => {
      // What a server says that is being stopped.
      if ((faults += 1) < 6) throw Object.assign(new Error('terminating connection'), { code: '57P01' });
      await note(sql, beat);
    }),
  ]);
  world.send(...seqs(1, 2));
  await waitFor(async () => (await effectsOf(key)).length === 2);
  expect([await world.parked(), await world.letters()]).toEqual([[], []]);
});

test('an ordinary event costs four statements: begin, the look at inbox and waiting, its effect, commit', async () => {
  const statements: string[] = [];
  const counted = createPool({ url: own.url, max: 4, name: 'parking-count' });
  counted.on('connect', client => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      const [asked] = args as [string | { text: string }];
      statements.push(typeof asked === 'string' ? asked : asked.text);
      return query(...args);
    }) as typeof client.query;
  });
  const counting = groupOn(counted, CanaryBeat, beat => ({
    server: beat.key,
    beat: beat.seq,
    at: '2026-11-21T09:30:00.000Z',
  }));
  try {
    await counting.start([on(CanaryBeat, (_, sql) => sql('select 42'))]);
    const count = () => statements.filter(text => !/^\s*(with due|select exists)/.test(text)).length;
    counting.send({ key, seq: 1 });
    await waitFor(() => counting.behind() === 0);
    expect(count()).toBe(4);
    // Several that come together share begin, which says how long each may wait for locks, look and commit.
    counting.send(...Array.from({ length: 10 }, (_, n) => ({ key, seq: n + 2 })));
    await waitFor(() => counting.behind() === 0);
    expect(count()).toBe(4 + 10 + 3);
  } finally {
    await counting.stop();
    await counted.end();
  }
});
