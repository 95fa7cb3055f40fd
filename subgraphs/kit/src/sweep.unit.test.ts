import { expect, test } from '@jest/globals';
import { createLog } from './log.ts';
import { waitFor } from './testing/wait-for.ts';
import { createSweep } from './sweep.ts';

const log = createLog('test', 'silent');

test('does its work again and again, also after a fault, until it is stopped', async () => {
  let runs = 0;
  const work = (): Promise<void> => {
    runs += 1;
    return runs === 2 ? Promise.reject(new Error('away')) : Promise.resolve();
  };
  const sweep = createSweep({ everyMs: 1, work, log });
  sweep.start();
  await waitFor(() => runs >= 4);
  await sweep.stop();
  const stopped = runs;
  await new Promise(resolve => setImmediate(resolve));
  expect(runs).toBe(stopped);
});

test('a stop waits for the work that is running, and not for the pause', async () => {
  const gate = Promise.withResolvers<void>();
  let ended = false;
  const work = async (): Promise<void> => {
    await gate.promise;
    ended = true;
  };
  const sweep = createSweep({ everyMs: 60_000, work, log });
  sweep.start();
  const stopped = sweep.stop();
  gate.resolve();
  await stopped;
  expect(ended).toBe(true);
});
