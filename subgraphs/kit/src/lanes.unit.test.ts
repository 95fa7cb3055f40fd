import { expect, test } from '@jest/globals';
import { createLanes } from './lanes.ts';
import { waitFor } from './testing/wait-for.ts';

type Job = { readonly name: string };

/** Two workers on a list of jobs, of which those that are named hang. */
function setting(...hanging: string[]) {
  const [jobs, done, faults]: [Job[], string[], unknown[]] = [[], [], []];
  const gate = Promise.withResolvers<void>();
  let looks = 0;
  const lanes = createLanes<Job>({
    workers: ['a', 'b'],
    look: () => {
      looks += 1;
      return Promise.resolve(jobs.shift() ?? 60_000);
    },
    work: async (_, { name }) => {
      if (name === 'fault') throw new Error('fault');
      if (hanging.includes(name)) await gate.promise;
      done.push(name);
    },
    onFault: error => {
      faults.push(error);
      return 1;
    },
  });
  const give = (...names: string[]) => {
    jobs.push(...names.map(name => ({ name })));
    lanes.wake();
  };
  return { lanes, give, done, faults, gate, looks: () => looks };
}

test('work that hangs keeps nobody else from work', async () => {
  const { lanes, give, done, gate } = setting('hung');
  lanes.start();
  give('1', 'hung', '2', '3');
  await waitFor(() => done.length === 3);
  give('4');
  await waitFor(() => done.length === 4);
  expect(done).toEqual(['1', '2', '3', '4']);
  gate.resolve();
  await lanes.stop(1_000);
  expect(done).toContain('hung');
});

test('one worker looks at a time, and not again before it is time or it is woken', async () => {
  const { lanes, give, done, looks } = setting();
  lanes.start();
  await waitFor(() => looks() === 1);
  give('1');
  await waitFor(() => done.length === 1);
  await lanes.stop(1_000);
  expect(looks()).toBeLessThanOrEqual(4);
});

test('a fault is told, and the work goes on', async () => {
  const { lanes, give, done, faults } = setting();
  lanes.start();
  give('fault', '1', 'fault', '2');
  await waitFor(() => done.length === 2);
  expect(faults).toHaveLength(2);
  await lanes.stop(1_000);
});

test('a stop waits for what is running, but not for ever', async () => {
  const { lanes, give, done, gate, looks } = setting('hung');
  lanes.start();
  give('hung');
  await waitFor(() => looks() > 1);
  await lanes.stop(20);
  give('late');
  gate.resolve();
  await lanes.stop(1_000);
  expect(done).toEqual(['hung']);
});
