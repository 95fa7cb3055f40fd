import { expect, test } from '@jest/globals';
import { createLatency } from './latency.ts';
import { createPaths } from './paths.ts';

test('a path that is silent for more than 15 s is named, once, and once more when it speaks again', () => {
  const paths = createPaths({ servers: ['h/command'], now: 0 });
  paths.startAt('h/command', 4);
  paths.seen({ server: 'h/command', connector: 'outbox' }, { n: 5, sentUs: 9_000_000 }, 9_010);
  expect(paths.silent(16_000)).toEqual(['tables of h/command silent for 16 s']);
  expect(paths.turns(16_000)).toEqual([{ server: 'h/command', connector: 'tables', silent: true }]);
  expect(paths.turns(16_500)).toEqual([]);
  paths.seen({ server: 'h/command', connector: 'tables' }, { n: 6, sentUs: 16_600_000 }, 16_700);
  expect(paths.turns(16_800)).toEqual([{ server: 'h/command', connector: 'tables', silent: false }]);
});

test('beats sent before this process lived, and repeats, count for nothing', () => {
  const paths = createPaths({ servers: ['h'], now: 0 });
  paths.seen({ server: 'h', connector: 'outbox' }, { n: 3, sentUs: 0 }, 60_000);
  paths.startAt('h', 3);
  paths.seen({ server: 'h', connector: 'outbox' }, { n: 3, sentUs: 0 }, 60_000);
  paths.seen({ server: 'h', connector: 'outbox' }, { n: 4, sentUs: 60_000_000 }, 60_020);
  paths.seen({ server: 'h', connector: 'outbox' }, { n: 4, sentUs: 60_000_000 }, 61_000);
  expect(paths.summary()[0]).toMatchObject({ beats: 1, p50Ms: 22.7 });
});

test('quantiles are upper bounds of their bucket', () => {
  const latency = createLatency();
  for (let ms = 1; ms <= 100; ms += 1) latency.add(ms);
  expect(latency.quantile(0.5)).toBeGreaterThanOrEqual(50);
  expect(latency.quantile(0.5)).toBeLessThanOrEqual(63);
  expect(createLatency().quantile(0.5)).toBeUndefined();
});
