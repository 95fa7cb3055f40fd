import { expect, test } from '@jest/globals';
import type { OrderFigures } from './measure-orders.ts';
import { orderReportLines, verdictsOn } from './order-report.ts';
import { histogram, summarize } from './percentiles.ts';
import { stamp } from './report.ts';

const figures = (given: Partial<OrderFigures> = {}): OrderFigures => ({
  ...{ rate: 10, ordersPerSecond: 10, placeMs: summarize([20]), confirmedMs: summarize([300]) },
  ...{ frameMs: summarize([12]), etaFrameMs: summarize([13]), outboxEventsPerSecond: 100, framesPerSecond: 40 },
  histograms: { placeMs: histogram([20]), confirmedMs: histogram([300]), frameMs: histogram([12]) },
  ...{ lost: 0, twice: 0, failures: {}, cpuMsPerOrder: { orders: 9, bench: 2 }, cpuShare: 0.4 },
  ...given,
});
const missed = (given: Partial<OrderFigures>) =>
  verdictsOn(figures(given)).flatMap(({ what, isMet, isAboutLoad }) =>
    isMet ? [] : [`${what} ${String(isAboutLoad)}`],
  );

test('a run meets its targets or says which not; what was lost, refused or too slow in the end is about the load', () => {
  expect(missed({})).toEqual([]);
  expect(missed({ placeMs: summarize([41]) })).toEqual(['placeOrder p95 <= 40 ms false']);
  expect(missed({ lost: 1, ordersPerSecond: 9 })).toEqual([
    'no frame lost, none twice true',
    'the rate reached, 10 orders/s true',
  ]);
  // Nothing measured is nothing met.
  expect(missed({ frameMs: summarize([]), confirmedMs: summarize([]) })).toHaveLength(2);
});

test('the report of a search names the highest rate held and what stood in the way of the next', () => {
  const steps = [figures(), figures({ rate: 15, failures: { cancelled: 3 }, cpuShare: 0.97 })];
  const lines = orderReportLines({ ...stamp(), options: { find: true }, heldRate: 10, steps });
  expect(lines.at(-1)).toBe(
    'highest rate held: 10 orders/s; at 15 not met: every order confirmed; the rate reached, 15 orders/s (97 % of the CPU taken, most by orders)',
  );
});
