import { expect, test } from '@jest/globals';
import { uuidv7 } from '@waygraph/kit/outbox';
import { firstIdOf, mergePages } from './order-ids.ts';

test('pages are merged as far as each of them is known to be whole', () => {
  expect(mergePages([['a', 'b', 'd'], ['b', 'c'], []], 3)).toEqual({ ids: ['a', 'b', 'c', 'd'], last: 'd' });
  expect(
    mergePages(
      [
        ['a', 'b', 'd'],
        ['b', 'e', 'f'],
      ],
      3,
    ),
  ).toEqual({ ids: ['a', 'b', 'd'], last: 'd' });
  expect(mergePages([['a'], ['b', 'c']], 3)).toEqual({ ids: ['a', 'b', 'c'], last: undefined });
  expect(mergePages([[], []], 3)).toEqual({ ids: [], last: undefined });
});

test('the first id of an instant lies before every id that is made from then on', () => {
  const at = new Date('2026-11-21T19:00:00.000Z');
  expect(firstIdOf(at) < uuidv7(at.getTime())).toBe(true);
  expect(uuidv7(at.getTime() - 1) < firstIdOf(at)).toBe(true);
  expect(firstIdOf(new Date(0))).toBe('00000000-0000-7000-8000-000000000000');
});
