import { expect, test } from '@jest/globals';
import type { Sql } from '@waygraph/kit/database';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { createServedStates } from './read-served-states.ts';

/** A read database that answers as `answer` says, counting how often it is asked. */
function aReadDatabase(answer: () => Promise<string[]>) {
  const asked = { count: 0 };
  const sql = (async () => {
    asked.count += 1;
    return (await answer()).map(id => ({ id }));
  }) as unknown as Sql;
  return { sql, asked };
}

test('the hubs are read once a minute', async () => {
  let now = 0;
  let hubs = ['SP'];
  const { sql, asked } = aReadDatabase(() => Promise.resolve(hubs));
  const served = createServedStates(sql, () => now);
  expect(await served()).toEqual(new Set(['SP']));
  await served();
  expect(asked.count).toBe(1);
  hubs = ['SP', 'RJ'];
  now = 60_000;
  await served();
  await waitFor(async () => (await served())?.has('RJ'));
  expect(asked.count).toBe(2);
});

test('nobody is refused while the read database is away, and it is not asked for each order', async () => {
  let now = 0;
  let away = true;
  const { sql, asked } = aReadDatabase(() => (away ? Promise.reject(new Error('away')) : Promise.resolve(['SP'])));
  const served = createServedStates(sql, () => now);
  expect(await served()).toBeUndefined();
  expect(await served()).toBeUndefined();
  expect(asked.count).toBe(1);
  away = false;
  now = 2_000;
  expect(await served()).toEqual(new Set(['SP']));
});

test('what was read last holds while the read database is away or hangs', async () => {
  let now = 0;
  let answer = () => Promise.resolve(['SP']);
  const { sql } = aReadDatabase(() => answer());
  const served = createServedStates(sql, () => now);
  await served();
  answer = () => new Promise(() => undefined);
  now = 60_000;
  expect(await served()).toEqual(new Set(['SP']));
});

test('a geography without hubs, not loaded yet, refuses nobody', async () => {
  const { sql } = aReadDatabase(() => Promise.resolve([]));
  expect(await createServedStates(sql)()).toBeUndefined();
});
