import { expect, test } from '@jest/globals';
import { isAway } from './database.ts';
import type { EventAtHand } from './event-handler.ts';
import { createGathering, NoLongerOurs } from './gather-shares.ts';
import type { Shared } from './share-transaction.ts';

const done: Shared = { waiting: new Set(), failed: new Map(), undone: new Set() };
const away = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

/** Transactions that end when they are told to, and what each held. */
function world(isNobodyThere = isAway) {
  const bounds = { events: 10, single: 10, bytes: 100 };
  const held: string[][] = [];
  const ends: PromiseWithResolvers<Shared>[] = [];
  const ask = createGathering(
    events => {
      held.push(events.map(({ delivery }) => delivery.id));
      const end = Promise.withResolvers<Shared>();
      ends.push(end);
      return end.promise;
    },
    bounds,
    isNobodyThere,
  );
  return {
    held,
    ask: (
      id: string,
      {
        events = 1,
        single = 0,
        bytes = 1,
        isOurs = () => true,
      }: { events?: number; single?: number; bytes?: number; isOurs?: () => boolean } = {},
    ) => ask({ events: [{ delivery: { id } } as EventAtHand], size: { events, single, bytes }, isOurs }),
    end: (n: number) => ends[n]?.resolve(done),
    fail: (n: number, error: unknown) => ends[n]?.reject(error),
    turn: () => new Promise(resolve => setImmediate(resolve)),
  };
}

test('what is asked for in the same turn goes together, and what comes meanwhile goes next, together', async () => {
  const { held, ask, end, turn } = world();
  const first = [ask('a'), ask('b')];
  await turn();
  const second = [ask('c'), ask('d')];
  await turn();
  expect(held).toEqual([['a', 'b']]);
  end(0);
  await Promise.all(first);
  await turn();
  expect(held).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  end(1);
  await Promise.all(second);
});

test.each([
  ['events', { events: 6 }],
  ['single events', { single: 6 }],
  ['bytes', { bytes: 60 }],
])('more than the most %s are two transactions, the second beside the first once it is full', async (_, size) => {
  const { held, ask, turn } = world();
  void ask('a', size);
  void ask('b', size);
  await turn();
  await turn();
  expect(held).toEqual([['a']]);
  void ask('c', size);
  await turn();
  expect(held).toEqual([['a'], ['b']]);
  void ask('d', size);
  await turn();
  expect(held).toHaveLength(2);
});

test('one that is too much for itself goes all the same', async () => {
  const { held, ask, turn } = world();
  void ask('a', { bytes: 5_000 });
  await turn();
  expect(held).toEqual([['a']]);
});

test('what is no longer ours when its turn comes is not begun', async () => {
  const { held, ask, end, turn } = world();
  const first = ask('a');
  await turn();
  let ours = true;
  const [lost, kept] = [ask('b', { isOurs: () => ours }), ask('c')];
  ours = false;
  end(0);
  await first;
  await expect(lost).rejects.toThrow(NoLongerOurs);
  expect(held).toEqual([['a'], ['c']]);
  end(1);
  await kept;
});

test('when they cannot go together each gets a transaction of its own, and only who fails there is told', async () => {
  const { held, ask, end, fail, turn } = world();
  const [bad, good] = [ask('a'), ask('b')];
  await turn();
  fail(0, new Error('one of them'));
  await turn();
  fail(1, new Error('no such seller'));
  await expect(bad).rejects.toThrow('no such seller');
  await turn();
  end(2);
  await expect(good).resolves.toBe(done);
  expect(held).toEqual([['a', 'b'], ['a'], ['b']]);
});

test('when the database is away nobody is tried by himself', async () => {
  const { held, ask, fail, turn } = world();
  const both = Promise.allSettled([ask('a'), ask('b')]);
  await turn();
  fail(0, away);
  expect(await both).toEqual([
    { status: 'rejected', reason: away },
    { status: 'rejected', reason: away },
  ]);
  expect(held).toHaveLength(1);
});

test('when only no connection was free each is tried by himself', async () => {
  const { held, ask, end, fail, turn } = world(() => false);
  const both = [ask('a'), ask('b')];
  await turn();
  fail(0, new Error('timeout exceeded when trying to connect'));
  await turn();
  end(1);
  await turn();
  end(2);
  await Promise.all(both);
  expect(held).toEqual([['a', 'b'], ['a'], ['b']]);
});
