import { describe, expect, test } from '@jest/globals';
import { distinctServers, isAway, isTransient } from './database.ts';
import { requestHash } from './idempotency.ts';
import { uuidv7 } from './outbox.ts';

describe('isTransient', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code });

  test.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '08006', '53300', '40001', '40P01', '55P03'])(
    '%s passes by itself',
    code => {
      expect(isTransient(coded(code))).toBe(true);
      expect(isTransient(new Error('wrapped', { cause: coded(code) }))).toBe(true);
    },
  );

  test.each(['23505', '23514', '42703', '22P02', 'ENOENT'])('%s does not', code => {
    expect(isTransient(coded(code))).toBe(false);
  });

  test('what pg gives no code for', () => {
    expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isTransient(new Error('timeout exceeded when trying to connect'))).toBe(true);
    expect(isTransient('Connection terminated')).toBe(false);
  });
});

test('distinctServers: one URL per server and database, with the one login', () => {
  const urls = [
    'postgres://orders:o@h1:5432/command',
    'postgres://inventory:i@h2:5433/command',
    'postgres://risk:r@h1/command',
  ];
  expect(distinctServers(urls, 'postgres://cdc:c@h1:5432/command')).toEqual(
    ['postgres://cdc:c@h1/command', 'postgres://cdc:c@h2:5433/command'].map(url =>
      expect.stringContaining(url.slice(0, 19)),
    ),
  );
});

test('requestHash does not depend on the order of fields', () => {
  expect(requestHash({ a: 1, b: { c: 2, d: [1, 2] } })).toBe(requestHash({ b: { d: [1, 2], c: 2 }, a: 1 }));
  expect(requestHash({ a: [1, 2] })).not.toBe(requestHash({ a: [2, 1] }));
});

test('uuidv7 is a UUID of version 7 that sorts by time', () => {
  const [early, late] = [uuidv7(1_700_000_000_000), uuidv7(1_700_000_000_001)];
  expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(early < late).toBe(true);
});

test('a database that is away is told from one that is in the way', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code });
  for (const code of ['ECONNREFUSED', '57P01', '08006', '53300', '25006']) expect(isAway(coded(code))).toBe(true);
  expect(isAway(new Error('not done', { cause: new Error('Connection terminated unexpectedly') }))).toBe(true);
  for (const code of ['40P01', '55P03', '23505', '40001']) expect(isAway(coded(code))).toBe(false);
  expect(isAway(Object.assign(new Error('x'), { retryable: true }))).toBe(false);
});
