import { expect, test } from '@jest/globals';
import type { KafkaAdmin } from './kafka-admin.ts';
import { createStandstill } from './standstill.ts';

function setting(behind: () => bigint) {
  let now = 0;
  let asked = 0;
  const admin = {
    ends: (topics: readonly string[]) =>
      Promise.resolve(topics.flatMap(topic => [0, 1].map(partition => ({ topic, partition, start: 0n, end: 9n })))),
    behind: (_: string, ends: readonly unknown[]) => Promise.resolve(ends.length === 1 ? behind() : -1n),
    stop: () => Promise.resolve(),
  } as unknown as KafkaAdmin;
  const standstill = createStandstill({
    ...{ longestMs: 60_000, groupId: 'g', now: () => now },
    admin: () => {
      asked += 1;
      return Promise.resolve(admin);
    },
  });
  standstill.assigned({ t: [1] });
  return { standstill, after: (ms: number) => void (now += ms), asked: () => asked };
}

test('work of which none gets done for too long is told; the broker is asked only then, of our partitions', async () => {
  const { standstill, after, asked } = setting(() => 4n);
  after(59_999);
  expect([await standstill.waiting(), asked()]).toEqual([0n, 0]);
  after(1);
  expect([await standstill.waiting(), asked()]).toEqual([4n, 1]);
});

test('partitions that are excused do not count', async () => {
  const { standstill, after } = setting(() => 4n);
  after(60_000);
  expect(await standstill.waiting(({ topic, partition }) => topic === 't' && partition === 0)).toBe(4n);
  standstill.assigned({ t: [0, 1] });
  after(60_000);
  expect(await standstill.waiting(({ partition }) => partition === 0)).toBe(4n);
});

test('who gets something done, or has nothing to do, does not stand still', async () => {
  const busy = setting(() => 4n);
  busy.after(50_000);
  busy.standstill.progress();
  busy.after(50_000);
  expect(await busy.standstill.waiting()).toBe(0n);
  const idle = setting(() => 0n);
  idle.after(600_000);
  expect(await idle.standstill.waiting()).toBe(0n);
  expect(await idle.standstill.waiting()).toBe(0n);
  expect(idle.asked()).toBe(1);
});
