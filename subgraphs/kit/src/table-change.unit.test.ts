import { describe, expect, test } from '@jest/globals';
import { parseTableChange } from './table-change.ts';

const record = (op: string, rest: object = {}) => ({
  key: '{"id":"a"}',
  value: JSON.stringify({ op, before: null, after: { id: 'a', version: 2 }, ...rest }),
});

describe('parseTableChange', () => {
  test.each(['c', 'u', 'r'])('%s carries the row', op => {
    expect(parseTableChange(record(op))).toEqual({
      kind: 'row',
      key: { id: 'a' },
      row: { id: 'a', version: 2 },
      snapshot: op === 'r',
    });
  });

  test('a delete carries the key; its tombstone says nothing new', () => {
    expect(parseTableChange(record('d', { after: null }))).toEqual({ kind: 'deleted', key: { id: 'a' } });
    expect(parseTableChange({ key: '{"id":"a"}', value: null })).toBeUndefined();
  });

  test('logical messages pass by', () => {
    expect(parseTableChange({ key: null, value: '{"op":"m"}' })).toBeUndefined();
  });

  test.each([
    ['value: expected JSON', { key: '{}', value: '{' }],
    ['value: expected an object', { key: '{}', value: '[]' }],
    ['key: expected an object', { key: null, value: '{"op":"u","after":{}}' }],
    ['after: expected an object', { key: '{}', value: '{"op":"u","after":null}' }],
    ['op: expected c, u, r or d, got "x"', { key: '{}', value: '{"op":"x"}' }],
  ])('%s', (message, bad) => {
    expect(() => parseTableChange(bad)).toThrow(message);
  });
});
