import { expect, test } from '@jest/globals';
import { createLag } from './lag.ts';

function setting() {
  let now = 0;
  const lag = createLag(() => now);
  return { lag, after: (ms: number) => void (now += ms) };
}

test('nobody knows before everything of a first fetch is worked on, and again after a rebalance', () => {
  const { lag, after } = setting();
  expect(lag.ms()).toBe(Infinity);
  lag.fetches(1);
  expect(lag.ms()).toBe(Infinity);
  after(250);
  lag.fetches(1);
  expect(lag.ms()).toBe(250);
  lag.reset();
  expect(lag.ms()).toBe(Infinity);
});

test('who works for long on what it fetched, or has not fetched all there is, is as far behind as its last full look', () => {
  const { lag, after } = setting();
  lag.fetches(1);
  after(250);
  lag.fetches(1);
  lag.begins('t[0]');
  after(5_000);
  expect(lag.ms()).toBe(5_250);
  // Half of what the log holds: the rest comes with the next fetch.
  lag.done('t[0]', '99', '200');
  lag.fetches(1);
  after(100);
  expect(lag.ms()).toBe(5_350);
  lag.begins('t[0]');
  lag.done('t[0]', '199', '200');
  expect(lag.ms()).toBe(5_350 - 250);
  lag.fetches(1);
  expect(lag.ms()).toBe(100);
});

test('the slowest broker counts; one that is asked no more does not', () => {
  const { lag, after } = setting();
  lag.fetches(1);
  lag.fetches(2);
  after(100);
  lag.fetches(1);
  expect(lag.ms()).toBe(Infinity);
  lag.fetches(2);
  after(400);
  lag.fetches(1);
  expect(lag.ms()).toBe(500);
  after(40_000);
  lag.fetches(1);
  lag.fetches(1);
  expect(lag.ms()).toBe(0);
});
