import { expect, test } from '@jest/globals';
import { parseCommand } from './command.ts';

const now = new Date('2026-11-21T12:00:00.000Z');
const parse = (line: string) => parseCommand(line.split(' ').filter(Boolean), now);

test('without a word, or asked for it, comes the help', () => {
  for (const line of ['', 'help', 'list --help', '-h']) expect(parse(line)).toEqual({ name: 'help' });
});

test('a list takes a filter; times may be said as ago', () => {
  expect(parse('list --service orders --type OrderPlaced --reason JSON --since 2h')).toEqual({
    name: 'list',
    filter: { service: 'orders', type: 'OrderPlaced', reason: 'JSON', since: new Date('2026-11-21T10:00:00.000Z') },
    limit: 100,
    json: false,
  });
  expect(parse('list --since 2026-11-20')).toMatchObject({ filter: { since: new Date('2026-11-20T00:00:00.000Z') } });
});

test('a redrive takes letters, a filter or --all', () => {
  expect(parse('redrive orders/12 risk/3')).toEqual({
    ...{ name: 'redrive', filter: {}, dryRun: false, perSecond: 20 },
    letters: [
      { service: 'orders', position: '12' },
      { service: 'risk', position: '3' },
    ],
  });
  expect(parse('redrive --all --dry-run --per-second 5')).toMatchObject({ letters: [], dryRun: true, perSecond: 5 });
});

test.each([
  ['resend orders/1', '"resend" is none of list, show, redrive, edit, discard'],
  ['redrive', 'redrive needs letters like orders/12, a filter, or --all'],
  ['redrive orders/1 --type X', 'redrive takes either letters or a filter'],
  ['redrive order/1', '"order" is none of the services orders, payments, inventory, routing, risk'],
  ['redrive orders', '"orders" is no letter\'s name; expected one like orders/12'],
  ['redrive --all --per-second fast', '--per-second: expected a whole number from 1 to 10000, got "fast"'],
  ['list --since yesterday', '--since: expected 2026-11-21, 2026-11-21T09:30Z, 30m, 2h or 1d, got "yesterday"'],
  ['list --why x', 'list takes no --why'],
  ['list orders/1', 'list takes no letters; see show'],
  ['show', 'show takes one letter, like orders/12'],
  ['edit orders/1', '--file is needed'],
  ['discard orders/1', '--why is needed'],
  ['list --colour', "Unknown option '--colour'"],
])('%s is refused with what was expected', (line, message) => {
  expect(() => parse(line)).toThrow(message);
});
