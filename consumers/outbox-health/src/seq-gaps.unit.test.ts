import { expect, test } from '@jest/globals';
import { createSeqGaps } from './seq-gaps.ts';

test('a number is missing only once everything is read that began before its successor was seen', () => {
  const gaps = createSeqGaps();
  for (const seq of [1, 2, 5]) gaps.add('t', 'k', seq, 100);
  gaps.add('t', 'k', 4, 120); // written by a transaction with a higher number
  expect(gaps.settle(99)).toEqual([]);
  expect(gaps.settle(100)).toEqual([{ topic: 't', key: 'k', seq: 3 }]);
  expect(gaps.settle(200)).toEqual([]);
});

test('keys and topics are counted apart, from the number on that they are met with', () => {
  const gaps = createSeqGaps();
  gaps.add('t', 'a', 7, 1);
  gaps.add('t', 'b', 1, 1);
  gaps.add('u', 'a', 1, 1);
  gaps.add('t', 'a', 8, 1);
  gaps.add('t', 'a', 6, 1); // before what it was met with
  expect(gaps.settle(10)).toEqual([]);
  expect(gaps.repeats()).toBe(0);
  gaps.add('t', 'b', 1, 1);
  expect(gaps.repeats()).toBe(1);
});

test('remembers only so many keys', () => {
  const gaps = createSeqGaps({ mostKeys: 2 });
  for (const key of ['a', 'b', 'c']) gaps.add('t', key, 1, 1);
  gaps.add('t', 'a', 5, 1); // forgotten, so it starts anew
  gaps.add('t', 'c', 3, 1);
  expect(gaps.settle(10)).toEqual([{ topic: 't', key: 'c', seq: 2 }]);
});
