import { expect, test } from '@jest/globals';
import { createMatcher, type LogRecord, type OutboxRow } from './matcher.ts';

const row = (id: string, tx = 1): OutboxRow => ({
  ...{ place: 'p', schema: 's', table: 'outbox', n: null, id, day: '2026-11-21' },
  ...{ topic: 't', key: 'k', seq: 1, tx, occurredMs: 0 },
});
const record = (id: string, offset = 0): LogRecord => ({ id, topic: 't', partition: 0, offset, occurredMs: 0 });
const upTo = (tx: number) => new Map([['p', tx]]);

test('pairs one row with one record, in whichever order they come', () => {
  const matcher = createMatcher();
  matcher.row(row('a'), 1n);
  matcher.record(record('a'));
  matcher.record(record('b'));
  matcher.row(row('b'), 1n);
  expect(matcher.sizes()).toEqual({ rows: 0, records: 0 });
  expect(matcher.counts.matched).toBe(2);
});

test('a record stays unexplained until every row is read that could ask for it', () => {
  const matcher = createMatcher();
  matcher.endRound(upTo(5));
  matcher.record(record('x'));
  matcher.endRound(upTo(10));
  expect(matcher.unexplained(upTo(9))).toEqual([]);
  expect(matcher.unexplained(upTo(10))).toEqual([{ record: record('x'), knownRepeat: false }]);
  expect(matcher.unexplained(upTo(11))).toEqual([]);
});

test('a second record of a pair is a known repeat; a second row wants a record of its own', () => {
  const matcher = createMatcher();
  matcher.row(row('a'), 1n);
  matcher.record(record('a', 1));
  matcher.record(record('a', 2));
  matcher.endRound(upTo(3));
  expect(matcher.unexplained(upTo(3))).toEqual([{ record: record('a', 2), knownRepeat: true }]);
  matcher.row(row('b', 4), 1n);
  matcher.row({ ...row('b', 6), table: 'outbox_again', n: 1 }, 1n);
  expect(matcher.sizes().rows).toBe(2);
  matcher.record(record('b', 3));
  expect(matcher.pending().map(({ row: { tx } }) => tx)).toEqual([6]);
  expect(matcher.lowest('p')).toBe(6);
  expect(matcher.lowest('q')).toBeUndefined();
});

test('says how much more is to be brought, and forgets nothing', () => {
  const matcher = createMatcher({ mostRows: 3, mostRecords: 2 });
  for (const id of ['a', 'b', 'c']) matcher.record(record(id));
  expect(matcher.recordRoom()).toBe(-1);
  matcher.row(row('z'), 1n);
  expect(matcher.room()).toBe(2);
  for (const id of ['a', 'b', 'c']) expect(matcher.row(row(id), 1n)).toBe(true);
  expect(matcher.recordRoom()).toBe(2);
});

test('is empty after it was cleared', () => {
  const matcher = createMatcher();
  matcher.row(row('a'), 1n);
  matcher.record(record('b'));
  matcher.clear();
  expect(matcher.sizes()).toEqual({ rows: 0, records: 0 });
  expect(matcher.row(row('b'), 1n)).toBe(false);
});
