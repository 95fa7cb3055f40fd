import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import { at, createScreen, duration, folded, reais, table, unbroken } from './screen.ts';

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

test('what is wider than the terminal goes on below, between words', () => {
  expect(folded('one two three', 7)).toEqual(['one two', 'three']);
  expect(folded('incomprehensibly long', 5)).toEqual(['incomprehensibly', 'long']);
  const show = (width?: number): string[] => {
    const lines: string[] = [];
    const screen = createScreen(
      line => lines.push(stripVTControlCharacters(line)),
      width === undefined ? undefined : () => width,
    );
    screen.frame(performance.now(), 'ETA', 'Sat 14:05', `handling ${unbroken('41 h 58')}`);
    return lines;
  };
  expect(show()).toEqual(['     0.00 s  ETA    Sat 14:05  handling 41 h 58']);
  expect(show(34)).toEqual(['     0.00 s  ETA    Sat 14:05', `${' '.repeat(20)}handling`, `${' '.repeat(20)}41 h 58`]);
});
