import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { faultReason, stackHash } from './fault-reason.ts';

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

test('a reason is short, and whole where it is cut', () => {
  expect(faultReason(new Error('x'.repeat(10_000)))).toHaveLength(300);
  // The cut goes through a character of two halves, one of which alone no JSON of the database holds.
  const reason = faultReason(new Error('x'.repeat(292) + '\u{1f4e6}'.repeat(5)));
  expect([reason.length, reason.isWellFormed()]).toEqual([300, true]);
});

test('the same fault at the same place has the same hash, whatever its text', () => {
  const fail = (text: string) => new Error(text);
  const other = () => new Error('a');
  expect(stackHash(fail('a'))).toBe(stackHash(fail('b')));
  expect(stackHash(fail('a'))).not.toBe(stackHash(other()));
  expect(stackHash(fail('a'))).not.toBe(stackHash(undefined));
});
