import { expect, test } from '@jest/globals';
import { openLoop } from './open-loop.ts';

test('calls as often as asked, with a number each, and tells how each ended', async () => {
  const ended: unknown[] = [];
  await openLoop({
    rate: 1_000,
    seconds: 0.02,
    maxUnderWay: 100,
    send: index => (index === 3 ? Promise.reject(new Error('refused')) : Promise.resolve(index)),
    onSent: sent => ended.push('result' in sent ? sent.result : sent.failure),
  });
  expect(ended).toHaveLength(20);
  expect(new Set(ended)).toEqual(new Set([0, 1, 2, 'refused', ...Array.from({ length: 16 }, (_, index) => index + 4)]));
});

test('leaves calls out, and says so, when too many have not ended', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const ended: string[] = [];
  await openLoop({
    rate: 1_000,
    seconds: 0.01,
    maxUnderWay: 2,
    send: () => promise,
    onSent: sent => {
      ended.push('result' in sent ? sent.result : sent.failure);
      if (ended.length === 8) resolve('late');
    },
  });
  expect(ended).toEqual([...Array.from({ length: 8 }, () => 'not sent, 2 were under way'), 'late', 'late']);
});
