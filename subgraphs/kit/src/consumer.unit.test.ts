import { describe, expect, test } from '@jest/globals';
import { compose, reader, retry, timeout, type Delivery, type Wrapper } from './consumer.ts';
import type { RawMessage } from './kafka-delivery.ts';

const delivery: Delivery<string> = {
  id: 'e1',
  event: 'x',
  topic: 't',
  partition: 0,
  offset: '1',
  key: 'k',
  seq: 1,
  occurredUs: 1,
};
const passing = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

test('compose: the first wrapper is the outermost', async () => {
  const seen: string[] = [];
  const note =
    (name: string): Wrapper =>
    next =>
    async given => {
      seen.push(name);
      await next(given);
    };
  await compose(note('a'), note('b'))<string>(() => Promise.resolve())(delivery);
  expect(seen).toEqual(['a', 'b']);
});

describe('retry', () => {
  test('tries a passing fault again', async () => {
    let calls = 0;
    await retry()<string>(() => ((calls += 1) < 3 ? Promise.reject(passing) : Promise.resolve()))(delivery);
    expect(calls).toBe(3);
  });

  test('throws any other at once', async () => {
    let calls = 0;
    const handler = retry()<string>(() => Promise.reject(new Error(`bug ${String((calls += 1))}`)));
    await expect(handler(delivery)).rejects.toThrow('bug 1');
  });
});

test('timeout rejects as a passing fault', async () => {
  const never = timeout(5)<string>(() => new Promise(() => undefined));
  await expect(never(delivery)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});

describe('reader', () => {
  const headers = { id: 'e1', eventType: 'A', v: '1', seq: '4', occurredUs: '1700000000000000', traceparent: '00-x' };
  const message: RawMessage = {
    topic: 't',
    partition: 1,
    offset: '9',
    key: 'k',
    value: '{"a":1}',
    headers,
    timestampMs: 0,
  };
  const definition = { type: 'A', parse: (payload: unknown) => ({ type: 'A', data: payload }) };

  test('gives a typed event with its headers', () => {
    expect(reader([definition])(message)).toEqual({
      id: 'e1',
      event: { type: 'A', data: { a: 1 } },
      topic: 't',
      partition: 1,
      offset: '9',
      key: 'k',
      seq: 4,
      occurredUs: 1_700_000_000_000_000,
      traceparent: '00-x',
    });
  });

  test('gives nothing for other types and refuses a record without headers', () => {
    const read = reader([definition]);
    expect(read({ ...message, headers: { ...headers, eventType: 'B' } })).toBeUndefined();
    expect(() => read({ ...message, headers: {} })).toThrow('record without header eventType');
  });
});
