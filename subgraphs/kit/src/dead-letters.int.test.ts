import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { ownDatabase } from '@waygraph/sql/testing/own-database';
import { on } from './event-handler.ts';
import { groupOn } from './testing/held-events.ts';
import { uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

// Of its own: what it tells must reach no log, where nobody made a topic for it.
const own = await ownDatabase('risk');
const { pool } = own;
let world: ReturnType<typeof groupOn>;
let key: string;
let done: string[];

beforeEach(() => {
  world = groupOn(pool, CanaryBeat, beat => ({ server: beat.key, beat: beat.seq, at: '2026-11-21T09:30:00.000Z' }));
  key = uniqueId('key');
  done = [];
});
afterEach(() => world.stop());
afterAll(() => own.dispose());

const taking = on(CanaryBeat, ({ server, beat }) => Promise.resolve(done.push(`${server} ${beat}`)));

describe('a poison record becomes a dead letter, its key waits, its partition goes on', () => {
  test.each([
    ['no JSON', { value: '{"server": "Ana Souza' }, 'not JSON'],
    [
      'data that do not fit',
      { value: '{"server": 7}' },
      'server: expected string; beat: expected number; at: expected string',
    ],
    [
      'a header missing',
      { headers: { eventType: 'CanaryBeat', seq: '1', occurredUs: '1' } },
      'Error: record without header id',
    ],
    ['no type', { headers: {} }, 'Error: record without header eventType'],
    [
      'an id that is none',
      { headers: { id: 'x', eventType: 'CanaryBeat', seq: '1', occurredUs: '1' } },
      'Error: header id: expected a UUID',
    ],
    ['characters that no table holds', { value: '\u0000{' }, 'not JSON'],
  ])('%s', async (_, bad, reason) => {
    await world.start([taking]);
    world.send({ key, seq: 1, ...bad }, { key, seq: 2 });
    const others = Array.from({ length: 12 }, () => uniqueId('other'));
    world.send(...others.map(other => ({ key: other, seq: 1 })));
    await waitFor(() => done.length === others.length && world.behind() === 0);
    expect(await world.letters()).toMatchObject([{ key, reason }]);
    expect(await world.parked()).toMatchObject([{ key, reason: null }]);
  });
});

test('a record of 5 MB that is no event is kept whole and told in short', async () => {
  await world.start([taking]);
  world.send({ key, seq: 1, value: 'x'.repeat(5_000_000) }, { key: uniqueId('other'), seq: 1 });
  await waitFor(() => done.length === 1 && world.behind() === 0, { timeoutMs: 20_000 });
  const { rows } = await pool.query('select length(value) as length from dead_letters where consumer_group = $1', [
    world.group,
  ]);
  expect(rows).toEqual([{ length: 5_000_000 }]);
  expect((await world.told())[0]?.payload).toMatchObject({ value: null, valueBytes: 5_000_000, reason: 'not JSON' });
});

test('each dead letter is told once on <group>.dead, under its key, with where it came from and what failed', async () => {
  await world.start([on(CanaryBeat, () => Promise.reject(new TypeError('no seller "Ana Souza" <ana@example.com>')))]);
  const [id = ''] = world.send({ key, seq: 1 });
  await waitFor(async () => (await world.told()).length === 1);
  const [{ seq, payload } = { seq: '', payload: {} }] = await world.told();
  expect(seq).toBe('1');
  expect(payload).toMatchObject({
    ...{ group: world.group, eventId: id, eventType: 'CanaryBeat', key, topic: 'canary', offset: '0', attempts: 1 },
    ...{ handler: 'canary/CanaryBeat', reason: 'TypeError: no seller [cut] [cut]' },
    ...{ stackHash: expect.stringMatching(/^[0-9a-f]{12}$/), value: expect.stringContaining(key) },
  });
  // Delivered again it is the same one.
  world.send({ key, seq: 1, id });
  await waitFor(() => world.behind() === 0);
  expect([await world.letters(), await world.told()]).toEqual([[expect.anything()], [expect.anything()]]);
});

// How long that takes is what `npm run bench -- poison` measures.
describe('10,000 poison records are buried many at a time, and the others go on', () => {
  test.each([
    ['that nobody can read', 'not JSON', taking],
    ['that their handler refuses', undefined, undefined],
  ])(
    '%s',
    async (_, value, handler) => {
      const refusing = on(CanaryBeat, async (beat, sql) => {
        await sql('select $1::text', [beat.server]);
        if (beat.beat === 1) throw new Error('no such seller');
        await taking.effect?.({ event: { type: 'CanaryBeat', data: beat } } as never, sql);
      });
      for (let n = 0; n < 10_000; n += 1)
        world.send({ key: `${key}-${n}`, seq: 1, ...(value !== undefined && { value }) });
      const others = Array.from({ length: 60 }, () => uniqueId('other'));
      world.send(...others.map(other => ({ key: other, seq: 2 })));
      await world.start([handler ?? refusing]);
      await waitFor(() => new Set(done).size === others.length, { what: 'the others', timeoutMs: 60_000 });
      await waitFor(async () => (await world.letters()).length === 10_000, {
        what: '10,000 dead letters',
        timeoutMs: 20_000,
      });
      expect(await world.told()).toHaveLength(10_000);
      expect(await world.burials()).toBeLessThan(500);
    },
    90_000,
  );
});
