import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { faultReason, isAway, stackHash } from './fault-reason.ts';

const caught = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test.each([
  ['a parser', caught(() => JSON.parse('{"name": Ana Souza}')), 'not JSON'],
  [
    'a schema',
    caught(() =>
      z
        .object({ name: z.string(), lines: z.array(z.object({ n: z.int() })) })
        .parse({ name: 7, lines: [{ n: 'Rua A 7' }] }),
    ),
    'name: expected string; lines.0.n: expected number',
  ],
  [
    'the database',
    Object.assign(new Error('invalid input syntax for type uuid: "Ana Souza"'), {
      code: '22P02',
      table: 'orders',
      detail: 'Ana',
    }),
    'Error: invalid input syntax for type uuid: [cut] (code 22P02, table orders)',
  ],
  [
    'an address',
    new TypeError("no customer 'Ana' ana@example.com 12345678901"),
    'TypeError: no customer [cut] [cut] [cut]',
  ],
  ['a string', 'no reason', 'no reason'],
])('the reason that %s gives holds nothing of the data', (_, error, reason) => {
  expect(faultReason(error)).toBe(reason);
});

test('a reason is short', () => {
  expect(faultReason(new Error('x'.repeat(10_000)))).toHaveLength(300);
});

test('the same fault at the same place has the same hash, whatever its text', () => {
  const fail = (text: string) => new Error(text);
  const other = () => new Error('a');
  expect(stackHash(fail('a'))).toBe(stackHash(fail('b')));
  expect(stackHash(fail('a'))).not.toBe(stackHash(other()));
  expect(stackHash(fail('a'))).not.toBe(stackHash(undefined));
});

test('a database that is away is told from one that is in the way', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code });
  for (const code of ['ECONNREFUSED', '57P01', '08006', '53300', '25006']) expect(isAway(coded(code))).toBe(true);
  expect(isAway(new Error('not done', { cause: new Error('Connection terminated unexpectedly') }))).toBe(true);
  for (const code of ['40P01', '55P03', '23505', '40001']) expect(isAway(coded(code))).toBe(false);
  expect(isAway(Object.assign(new Error('x'), { retryable: true }))).toBe(false);
});
