import { expect, test } from '@jest/globals';
import { createSlots } from './slots.ts';

test('so many run at the same time, the others in their order, also behind one that fails', async () => {
  const slot = createSlots(2);
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = ends.map((end, n) =>
    slot(() => {
      begun.push(n);
      return end.promise;
    }),
  );
  const settled = Promise.allSettled(all);
  expect(begun).toEqual([0, 1]);
  ends[1]?.reject(new Error('failed'));
  await expect(all[1]).rejects.toThrow('failed');
  expect(begun).toEqual([0, 1, 2]);
  for (const end of ends) end.resolve();
  await settled;
  expect(begun).toEqual([0, 1, 2, 3]);
  expect(await slot(() => Promise.resolve('free'))).toBe('free');
});
