import { expect, test } from '@jest/globals';
import { lackOf, movesOf, sumOf, type Shelf } from './shelf.ts';
import { linesOf } from './testing/some-order.ts';

const shelf = (productId: string, available: number, sellerActive = true): Shelf => ({
  ...{ productId, sellerId: 's', available, sellerActive },
});

test('lines that lack are all named, with why; a line that fits is not blamed for another', () => {
  const lines = linesOf([
    ['a', 's', 3],
    ['a', 's', 3],
    ['a', 's', 1],
    ['b', 's', 1],
    ['c', 's', 1],
    ['d', 's', 1],
  ]);
  const shelves = [shelf('a', 4), shelf('b', 0), shelf('c', 9, false)];
  expect(lackOf(lines, [], shelves)).toEqual([
    { lineNo: 2, why: 'out of stock' },
    { lineNo: 4, why: 'out of stock' },
    { lineNo: 5, why: 'seller paused' },
    { lineNo: 6, why: 'not offered' },
  ]);
});

test('what is held already may be kept at a seller who has paused, but nothing more be taken', () => {
  const held = linesOf([['a', 's', 2]]);
  const paused = [shelf('a', 5, false)];
  expect(lackOf(linesOf([['a', 's', 2]]), held, paused)).toEqual([]);
  expect(lackOf(linesOf([['a', 's', 3]]), held, paused)).toEqual([{ lineNo: 1, why: 'seller paused' }]);
});

test('moves of one shelf become one, and what comes back and goes again is none', () => {
  const lines = linesOf([
    ['a', 's', 2],
    ['b', 's', 1],
    ['a', 's', 3],
  ]);
  const taken = movesOf(lines, 'RESERVE');
  expect(sumOf(taken)).toEqual([
    { productId: 'a', sellerId: 's', available: -5, reserved: 5, sold: 0 },
    { productId: 'b', sellerId: 's', available: -1, reserved: 1, sold: 0 },
  ]);
  expect(sumOf([...taken, ...movesOf(lines, 'GIVE_BACK_RESERVED')])).toEqual([]);
  expect(sumOf([...movesOf(lines, 'GIVE_BACK_RESERVED'), ...movesOf(lines, 'RESERVE_AND_SELL')])).toEqual([
    { productId: 'a', sellerId: 's', available: 0, reserved: -5, sold: 5 },
    { productId: 'b', sellerId: 's', available: 0, reserved: -1, sold: 1 },
  ]);
});
