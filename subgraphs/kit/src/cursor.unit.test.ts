import { expect, test } from '@jest/globals';
import { frameCursor, mutationCursor, openCursor, readCursor } from './cursor.ts';

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

test("a mutation's cursor says when, so that the log need not be read from its beginning", () => {
  const before = Date.now();
  const now = openCursor(mutationCursor(position, seller, secret), seller, secret);
  expect(now).toEqual({ kind: 'change', ...position, atMs: expect.any(Number) });
  expect(now?.kind === 'change' && now.atMs >= before).toBe(true);
  const older = openCursor(mutationCursor({ ...position, atMs: 5 }, seller, secret), seller, secret);
  expect(older).toMatchObject({ kind: 'change', atMs: 5 });
});

test("a frame's cursor leads back to its offsets and what was told", () => {
  const frame = { topic: 't', offsets: [3, 0, 12], told: [['order-1', 4]], unfinished: false } as const;
  for (const last of [undefined, { partition: 2, id: 'event-1' }]) {
    const cursor = frameCursor({ ...frame, last }, seller, secret);
    expect(openCursor(cursor, seller, secret)).toEqual({ kind: 'frame', ...frame, last });
    expect(openCursor(cursor, undefined, secret)).toBeUndefined();
    expect(readCursor(cursor, seller, secret)).toBeUndefined();
  }
});
