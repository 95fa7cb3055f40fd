import { expect, jest, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import type { Pool } from './database.ts';
import { NotYet } from './errors.ts';
import { onWithCalls } from './event-handler.ts';
import { createRun } from './handle-alone.ts';
import { createLog } from './log.ts';

const passing = () => Object.assign(new Error('away'), { retryable: true });

function setting(effect: () => Promise<void>, standstillMs = 60_000) {
  let tries = 0;
  const handler = onWithCalls(CanaryBeat, () => {
    tries += 1;
    return effect();
  });
  const run = createRun({
    pool: { query: () => Promise.resolve({ rows: [] }) } as unknown as Pool,
    ...{ log: createLog('test', 'silent'), standstillMs },
  });
  const delivery = {
    ...{ id: 'x', topic: 'canary', partition: 0, offset: '0', key: 'k', seq: 1, occurredUs: 0 },
    event: { type: CanaryBeat.type, data: { server: 'k', beat: 1, at: '' } },
  };
  const transact = () => Promise.resolve();
  return { run: () => run({ delivery, handler }, { transact, attempts: 3 }), tries: () => tries };
}

test('a try that fails at once is made again in place', async () => {
  const { run, tries } = setting(() => Promise.reject(passing()));
  expect(await run()).toMatchObject({ kind: 'passing', attempts: 3 });
  expect(tries()).toBe(3);
});

test('a try whose time has not come is not: it is put aside at once', async () => {
  const { run, tries } = setting(() => Promise.reject(new NotYet('too early')));
  expect(await run()).toMatchObject({ kind: 'passing', attempts: 1 });
  expect(tries()).toBe(1);
});

test('a try that fails after long is not: the next one is the retry worker’s', async () => {
  const clock = jest.spyOn(performance, 'now');
  try {
    const { run, tries } = setting(() => {
      const now = performance.now();
      clock.mockImplementation(() => now + 2_000);
      return Promise.reject(passing());
    });
    expect(await run()).toMatchObject({ kind: 'passing', attempts: 1 });
    expect(tries()).toBe(1);
  } finally {
    clock.mockRestore();
  }
});

test('an event that hangs is given up before its consumer is taken to stand still', async () => {
  const { run, tries } = setting(() => new Promise<void>(() => undefined), 100);
  expect(await run()).toMatchObject({ kind: 'passing', error: { message: 'no end after 50 ms' }, attempts: 1 });
  expect(tries()).toBe(1);
});
