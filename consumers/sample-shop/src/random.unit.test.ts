import { describe, expect, test } from '@jest/globals';
import { createRandom, stableId } from './random.ts';

describe('random numbers', () => {
  test('depend on the key alone', () => {
    const draw = (key: string): number[] => {
      const random = createRandom(key);
      return Array.from({ length: 5 }, () => random.integer(0, 999));
    };
    expect(draw('a')).toEqual([168, 396, 470, 812, 232]);
    expect(draw('b')).not.toEqual(draw('a'));
  });

  test('are spread evenly, and stay within their bounds', () => {
    const random = createRandom('spread');
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw += 1) counts[random.integer(0, 9)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });

  test('skewed ones reach both ends, and have as many below the geometric mean as above', () => {
    const random = createRandom('skewed');
    const drawn = Array.from({ length: 10_000 }, () => random.skewed(5, 200));
    expect(Math.min(...drawn)).toBe(5);
    expect(Math.max(...drawn)).toBe(200);
    const below = drawn.filter(value => value < Math.sqrt(5 * 200)).length;
    expect(below).toBeGreaterThan(4_500);
    expect(below).toBeLessThan(5_500);
  });

  test('a sample has no repeats, and no more than there is', () => {
    const random = createRandom('sample');
    expect(random.sample([1, 2, 3], 9).toSorted()).toEqual([1, 2, 3]);
    expect(new Set(random.sample([1, 2, 3, 4, 5], 3)).size).toBe(3);
    expect(() => random.pick([])).toThrow('sample: nothing to pick from');
  });
});

describe('ids', () => {
  test('are UUIDv7, made of the key, sorted by the order', () => {
    expect(stableId('a', 0)).toMatch(/^019b76da-a800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(stableId('a', 0)).toBe(stableId('a', 0));
    expect(stableId('b', 0)).not.toBe(stableId('a', 0));
    expect(stableId('z', 1) < stableId('a', 2)).toBe(true);
  });
});
