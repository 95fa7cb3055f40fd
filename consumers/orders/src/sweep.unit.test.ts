import { expect, test } from '@jest/globals';
import { createLog } from '@waygraph/kit/log';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { assertCaughtUp, startSweep } from './sweep.ts';

const log = createLog('sweep-test', 'silent');

test('nobody is judged while what is read is older than a step may take, or nobody knows how old it is', () => {
  expect(() => assertCaughtUp(29_999, 30_000)).not.toThrow();
  expect(() => assertCaughtUp(30_000, 30_000)).toThrow('30000 ms behind');
  expect(() => assertCaughtUp(Infinity, 30_000)).toThrow('behind');
  expect(() => assertCaughtUp(700, 100)).not.toThrow();
});

test('enforces deadlines again and again, but not while answers are not read, and goes on after a fault', async () => {
  const counts = { judged: 0, enforced: 0, forgotten: 0 };
  let isReading = false;
  const sweep = startSweep({
    ...{ log, everyMs: 1 },
    mayJudge: () => {
      counts.judged += 1;
      if (!isReading) throw new Error('not in the group');
    },
    enforceDeadlines: mayGoOn => {
      mayGoOn();
      counts.enforced += 1;
      return counts.enforced === 1 ? Promise.reject(new Error('the database is away')) : Promise.resolve(1);
    },
    forgetRequests: () => Promise.resolve((counts.forgotten += 1)),
  });
  await waitFor(() => counts.judged > 3);
  // What needs no judgement goes on.
  expect(counts).toMatchObject({ enforced: 0, forgotten: 1 });
  isReading = true;
  await waitFor(() => counts.enforced > 3);
  expect(counts.forgotten).toBe(1);
  await sweep.stop();
  const { enforced } = counts;
  await new Promise(resolve => setImmediate(resolve));
  expect(counts.enforced).toBe(enforced);
});

test('asks before each order, and the stop waits for one order, not for the whole turn', async () => {
  const counts = { judged: 0, orders: 0 };
  const sweep = startSweep({
    ...{ log, everyMs: 1 },
    mayJudge: () => void (counts.judged += 1),
    // There is always another one.
    enforceDeadlines: async mayGoOn => {
      while (mayGoOn()) {
        counts.orders += 1;
        await new Promise(resolve => setImmediate(resolve));
      }
      return counts.orders;
    },
    forgetRequests: () => Promise.resolve(0),
  });
  await waitFor(() => counts.orders > 3);
  await sweep.stop();
  expect(counts.judged).toBe(counts.orders);
});
