import { expect, test } from '@jest/globals';
import { dateTime, parseInstant } from './scalars.ts';

test('instants are written in UTC with three decimals', () => {
  expect(dateTime.serialize(new Date(1_700_000_000_000))).toBe('2023-11-14T22:13:20.000Z');
  expect(() => dateTime.serialize('2023-11-14')).toThrow('DateTime');
});

test.each([
  ['2026-11-21T09:30:00.000Z', '2026-11-21T09:30:00.000Z'],
  ['2026-11-21T09:30:00Z', '2026-11-21T09:30:00.000Z'],
  ['2026-11-21t06:30:00.5-03:00', '2026-11-21T09:30:00.500Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
])('%s is read as %s', (text, instant) => {
  expect(parseInstant(text)?.toISOString()).toBe(instant);
});

test.each([
  '',
  'tomorrow',
  '2026-11-21',
  '2026-11-21T09:30:00',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-11-21T25:00:00Z',
  '0000-06-01T00:00:00Z',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  5,
  null,
])('%j is no instant', value => {
  expect(parseInstant(value)).toBeUndefined();
});
