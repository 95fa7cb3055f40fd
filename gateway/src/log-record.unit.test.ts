import { expect, test } from '@jest/globals';
import { logRecord } from './log-record.ts';

const message = (headers: Record<string, string>, value: string | null = '{}') => ({
  ...{ topic: 't', partition: 1, offset: '7', key: 'k', value, headers, timestampMs: 1_700_000_000_000 },
});

test('says when it happened; of a header that says nothing, when it was published', () => {
  expect(logRecord(message({ occurredUs: '1700000000123456' })).at).toBe('2023-11-14T22:13:20.123Z');
  for (const occurredUs of ['', 'soon', '1e30', '-1e30', 'Infinity'])
    expect(logRecord(message(occurredUs === '' ? {} : { occurredUs })).at).toBe('2023-11-14T22:13:20.000Z');
});

test.each([null, '', 'no JSON', '[1]', '5', 'null'])('a value that is no object (%s) is an empty one', value => {
  expect(logRecord(message({}, value)).payload()).toEqual({});
});
