import { describe, expect, test } from '@jest/globals';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { countTypes, sequenceFaults } from './sequence-faults.ts';

const event = (key: string, seq: number, id: string, type = 'Told'): RawMessage => ({
  ...{ topic: 't', partition: 0, offset: '0', key, value: '{}', timestampMs: 0 },
  headers: { seq: String(seq), id, eventType: type },
});
const keys = (...names: string[]) => new Map(names.map(name => [name, undefined]));

describe('events of a key', () => {
  test('that follow each other are in order, also when one comes twice', () => {
    const log = [event('a', 1, 'x'), event('b', 1, 'y'), event('a', 2, 'z'), event('a', 1, 'x')];
    expect(sequenceFaults(log, keys('a', 'b'))).toEqual([]);
    expect(sequenceFaults(log, new Map([['a', 2]]))).toEqual([]);
  });

  test('with a gap, too few, or two of one number are told', () => {
    expect(sequenceFaults([event('a', 1, 'x'), event('a', 3, 'y')], keys('a'))).toEqual([
      'a: expected 1..2, found 1 3',
    ]);
    expect(sequenceFaults([event('a', 1, 'x')], new Map([['a', 2]]))).toEqual(['a: expected 1..2, found 1']);
    expect(sequenceFaults([event('a', 1, 'x'), event('a', 1, 'y')], keys('a'))).toEqual(['a: several events are 1']);
    expect(sequenceFaults([event('b', 7, 'x')], keys('a'))).toEqual([]);
  });

  test('are counted by type, each once', () => {
    const count = countTypes([event('a', 1, 'x', 'Made'), event('a', 1, 'x', 'Made'), event('a', 2, 'y', 'Made')]);
    expect([count('a', 'Made'), count('a', 'Lost'), count('b', 'Made')]).toEqual([2, 0, 0]);
  });
});
