import { expect, jest, test } from '@jest/globals';
import { createLog } from './log.ts';
import { createOffsetCommits, type Position } from './offset-commits.ts';

/** A group whose answers the test gives. */
function setting() {
  const asked: { offsets: string[]; answer: PromiseWithResolvers<void> }[] = [];
  const commits = createOffsetCommits({ everyMs: 600_000, log: createLog('test', 'silent') });
  const commit = (positions: readonly Position[]) => {
    const answer = Promise.withResolvers<void>();
    asked.push({ offsets: positions.map(({ partition, offset }) => `${partition}:${offset}`), answer });
    return answer.promise;
  };
  return {
    asked,
    commits,
    done: (partition: number, offset: number) => {
      commits.done({ topic: 't', partition, offset: String(offset) }, commit);
    },
    turns: async () => {
      for (let n = 0; n < 10; n += 1) await Promise.resolve();
    },
  };
}

test('one commit is on its way at a time, so that an older one never comes last', async () => {
  const { asked, commits, done, turns } = setting();
  done(0, 5);
  const first = commits.now();
  await turns();
  done(0, 9);
  const second = commits.now();
  await turns();
  expect(asked.map(({ offsets }) => offsets)).toEqual([['0:5']]);
  asked[0]?.answer.resolve();
  await first;
  await turns();
  expect(asked.map(({ offsets }) => offsets)).toEqual([['0:5'], ['0:9']]);
  asked[1]?.answer.resolve();
  await second;
  await commits.now();
  expect(asked).toHaveLength(2);
});

test('what was not acknowledged is told again, as far as it is by then; what was is not', async () => {
  const { asked, commits, done, turns } = setting();
  done(0, 5);
  done(1, 7);
  const refused = commits.now();
  await turns();
  done(0, 6);
  asked[0]?.answer.reject(new Error('away'));
  await refused;
  expect(commits.reached('t[0]')).toBe(6n);
  const taken = commits.now();
  await turns();
  expect(asked[1]?.offsets).toEqual(['0:6', '1:7']);
  asked[1]?.answer.resolve();
  await taken;
  await commits.now();
  expect(asked).toHaveLength(2);
});

test('what is refused at the end of a membership is not told again', async () => {
  jest.useFakeTimers();
  try {
    const { asked, commits, done, turns } = setting();
    done(0, 5);
    const last = commits.last();
    await turns();
    asked[0]?.answer.reject(new Error('rebalance in progress'));
    await last;
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toHaveLength(1);
  } finally {
    jest.useRealTimers();
  }
});

test('after a rebalance nothing is told of what was done before it', async () => {
  const { asked, commits, done, turns } = setting();
  done(0, 5);
  const late = commits.now();
  await turns();
  commits.reset();
  done(0, 2);
  asked[0]?.answer.resolve();
  await late;
  const next = commits.now();
  await turns();
  expect([asked[1]?.offsets, commits.reached('t[0]')]).toEqual([['0:2'], 2n]);
  asked[1]?.answer.resolve();
  await next;
});
