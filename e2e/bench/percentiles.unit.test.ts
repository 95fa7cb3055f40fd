import { describe, expect, test } from '@jest/globals';
import { histogram, histogramLines, percentile, summarize } from './percentiles.ts';

const oneTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('percentiles', () => {
  test('are samples, by nearest rank', () => {
    expect([0.5, 0.9, 0.99, 1].map(share => percentile(oneTo(100), share))).toEqual([50, 90, 99, 100]);
    expect(percentile(oneTo(3), 0.5)).toBe(2);
    expect(percentile(oneTo(10), 0.99)).toBe(10);
    expect(percentile(oneTo(10), 0)).toBe(1);
    expect(percentile([], 0.5)).toBeNaN();
  });

  test('do not depend on the order, nor change it', () => {
    const samples = [9, 1, 5];
    expect(summarize(samples)).toEqual({ count: 3, mean: 5, p50: 5, p90: 9, p95: 9, p99: 9, max: 9 });
    expect(samples).toEqual([9, 1, 5]);
  });
});

describe('histogram', () => {
  test('has every sample in one bucket', () => {
    expect(histogram([-0.1, 0.5, 1, 1.9, 2, 3.9, 4])).toEqual([
      { below: 1, count: 2 },
      { below: 2, count: 2 },
      { below: 4, count: 2 },
      { below: 8, count: 1 },
    ]);
    expect(histogram([])).toEqual([]);
  });

  test('is drawn from the first filled bucket on', () => {
    expect(histogramLines(histogram([3, 3, 5]), 4)).toEqual(['<     4 ms       2 ████', '<     8 ms       1 ██']);
  });
});
