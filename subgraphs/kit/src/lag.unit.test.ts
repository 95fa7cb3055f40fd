import { expect, test } from '@jest/globals';
import { createLag } from './lag.ts';

function setting() {
  let now = 0;
  const lag = createLag(() => now);
  const look = (node: number) => {
    lag.fetches(node);
    lag.answered();
  };
  return { lag, look, after: (ms: number) => void (now += ms) };
}

test('nobody knows before everything of a first fetch is worked on, and again after a rebalance', () => {
  const { lag, look, after } = setting();
  expect(lag.ms()).toBe(Infinity);
  look(1);
  expect(lag.ms()).toBe(Infinity);
  after(250);
  look(1);
  expect(lag.ms()).toBe(250);
  lag.reset();
  expect(lag.ms()).toBe(Infinity);
});

test('who works for long on what it fetched, or has not fetched all there is, is as far behind as its last full look', () => {
  const { lag, look, after } = setting();
  look(1);
  after(250);
  look(1);
  lag.begins('t[0]');
  after(5_000);
  expect(lag.ms()).toBe(5_250);
  // Half of what the log holds: the rest comes with the next fetch.
  lag.done('t[0]', '99', '200');
  look(1);
  after(100);
  expect(lag.ms()).toBe(5_350);
  lag.begins('t[0]');
  lag.done('t[0]', '199', '200');
  expect(lag.ms()).toBe(5_350 - 250);
  look(1);
  expect(lag.ms()).toBe(100);
});

test('the slowest broker counts; one that is asked no more does not', () => {
  const { lag, look, after } = setting();
  look(1);
  look(2);
  after(100);
  look(1);
  expect(lag.ms()).toBe(Infinity);
  look(2);
  after(400);
  look(1);
  expect(lag.ms()).toBe(500);
  after(40_000);
  look(1);
  look(1);
  expect(lag.ms()).toBe(0);
});

test('a look that failed is none', () => {
  const { lag, look, after } = setting();
  lag.fetches(1);
  after(100);
  lag.fetches(1);
  expect(lag.ms()).toBe(Infinity);
  look(1);
  after(100);
  look(1);
  expect(lag.ms()).toBe(100);
  after(100);
  lag.fetches(1);
  after(100);
  for (let n = 0; n < 3; n += 1) lag.fetches(1);
  // Since the last one that was answered.
  expect(lag.ms()).toBe(200);
  look(1);
  look(1);
  expect(lag.ms()).toBe(0);
});
