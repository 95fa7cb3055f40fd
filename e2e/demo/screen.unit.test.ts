import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import { at, duration, reais, table } from './screen.ts';

test('money, times and durations read as people say them', () => {
  expect([reais(12_990), reais(5)]).toEqual(['R$ 129,90', 'R$ 0,05']);
  expect(at('2026-11-21T17:05:00.000Z')).toBe('Sat 14:05');
  expect([0.2, 40.2, 95, 1_500, 2_900, -61].map(duration)).toEqual([
    '0 min',
    '40 min',
    '1 h 35',
    '25 h 00',
    '2 d 0 h',
    '-1 h 01',
  ]);
});

test('a table is as wide as its widest cells, numbers to the right', () => {
  const lines = table(
    ['what', 'count'],
    [
      ['apples', '5'],
      ['pears', '12'],
    ],
  ).map(stripVTControlCharacters);
  expect(lines).toEqual(['what    count', 'apples      5', 'pears      12']);
});
