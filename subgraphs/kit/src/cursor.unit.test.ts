import { expect, test } from '@jest/globals';
import { mutationCursor, readCursor } from './cursor.ts';

const secret = 's'.repeat(32);
const position = { topic: 'inventory.events', key: 'offer-1', seq: 7 };
const seller = { sub: 'seller-1', role: 'seller' } as const;

test('a cursor leads back to its position for the same subject', () => {
  expect(readCursor(mutationCursor(position, seller, secret), seller, secret)).toEqual(position);
  expect(readCursor(mutationCursor(position, undefined, secret), undefined, secret)).toEqual(position);
});

test.each([
  ['another subject', (cursor: string) => readCursor(cursor, { sub: 'seller-2', role: 'seller' }, secret)],
  ['nobody', (cursor: string) => readCursor(cursor, undefined, secret)],
  ['another secret', (cursor: string) => readCursor(cursor, seller, 't'.repeat(32))],
  ['a changed payload', (cursor: string) => readCursor(`x${cursor}`, seller, secret)],
  ['no signature', (cursor: string) => readCursor(cursor.split('.')[0]!, seller, secret)],
  ['more than a cursor', (cursor: string) => readCursor(`${cursor}.x`, seller, secret)],
  ['nonsense', () => readCursor('nonsense', seller, secret)],
])('a cursor is worth nothing with %s', (_, read) => {
  expect(read(mutationCursor(position, seller, secret))).toBeUndefined();
});
