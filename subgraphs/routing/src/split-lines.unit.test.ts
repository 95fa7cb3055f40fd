import { expect, test } from '@jest/globals';
import type { CandidateScore } from './score.ts';
import { splitLines, type Line } from './split-lines.ts';
import { someCandidate } from './testing/some-candidate.ts';

const line = (lineNo: number): Line => ({ lineNo, productId: `p${String(lineNo)}`, quantity: 1 });
/** A candidate by its score in minutes. */
const seller = (sellerId: string, score: number): CandidateScore =>
  someCandidate({ sellerId, handlingMinutes: score - 1_500 });
const split = (byLine: Record<number, CandidateScore[]>) => {
  const lines = Object.keys(byLine).map(lineNo => line(Number(lineNo)));
  const { parcels, unserved } = splitLines(
    lines,
    new Map(Object.entries(byLine).map(([lineNo, candidates]) => [Number(lineNo), candidates])),
  );
  return {
    parcels: parcels.map(({ sellerId, lines: own }) => [sellerId, own.map(({ lineNo }) => lineNo)]),
    unserved: unserved.map(({ lineNo }) => lineNo),
    candidates: parcels.map(({ candidates }) => candidates.map(({ sellerId }) => sellerId)),
  };
};

test('each line goes to its best candidate, who may be the same for several', () => {
  const [a, b] = [seller('a', 2_000), seller('b', 2_500)];
  expect(split({ 1: [a], 2: [b], 3: [a, b] })).toEqual({
    parcels: [
      ['a', [1, 3]],
      ['b', [2]],
    ],
    ...{ unserved: [], candidates: [['a'], ['b']] },
  });
});

test('one seller takes all lines when it is hardly later than the last parcel would be', () => {
  const [a, b, c] = [seller('a', 2_000), seller('b', 2_100), seller('c', 2_160)];
  expect(split({ 1: [a, c], 2: [b, c] }).parcels).toEqual([['c', [1, 2]]]);
  const later = seller('c', 2_160.25);
  expect(split({ 1: [a, later], 2: [b, later] }).parcels).toEqual([
    ['a', [1]],
    ['b', [2]],
  ]);
});

test('a line that nobody can deliver does not keep the others', () => {
  const [a, b] = [seller('a', 2_000), seller('b', 2_100)];
  expect(split({ 1: [a, b], 2: [], 3: [a, b] })).toEqual({
    ...{ parcels: [['a', [1, 3]]], unserved: [2], candidates: [['a', 'b']] },
  });
  expect(split({ 1: [] })).toEqual({ parcels: [], unserved: [1], candidates: [] });
});
