import { describe, expect, test } from '@jest/globals';
import { fold, type Change, type VersionedRow } from './fold.ts';

const key = { id: 'a' };
const row = (version: number, snapshot = false): Change<VersionedRow> => ({
  kind: 'row',
  key,
  row: {},
  snapshot,
  parsed: { version },
});
const deleted: Change<VersionedRow> = { kind: 'deleted', key };

describe('fold', () => {
  test('keeps the newest version, whatever the order of repeats', () => {
    expect(fold([row(2), row(4), row(3), row(4)])).toEqual({ deletes: [], upserts: [{ version: 4 }], seen: [] });
  });

  test('a row that was deleted and made again is deleted first and starts anew', () => {
    expect(fold([row(7), deleted, row(1)])).toEqual({ deletes: [key], upserts: [{ version: 1 }], seen: [] });
  });

  test('a delete at the end leaves nothing', () => {
    expect(fold([row(7, true), deleted])).toEqual({ deletes: [key], upserts: [], seen: [] });
  });

  test('a row read by a snapshot is marked as seen, also when a change follows', () => {
    expect(fold([row(7, true), row(8)]).seen).toEqual([key]);
  });

  test('the order of a key of several columns does not matter', () => {
    const one: Change<VersionedRow> = {
      kind: 'row',
      key: { p: '1', s: '2' },
      row: {},
      snapshot: false,
      parsed: { version: 1 },
    };
    expect(fold([one, { ...one, key: { s: '2', p: '1' } }]).upserts).toHaveLength(1);
  });
});
