import { beforeAll, expect, test } from '@jest/globals';
import { checkPayloads } from './payloads.ts';
import { simulate, type Outcome } from './simulate.ts';

const simulateAll = (seeds: number, orders: number): Outcome[] =>
  Array.from({ length: seeds }, (_, index) => simulate(index + 1, { orders }));
const failuresOf = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap(({ seed, violation }) =>
    violation === undefined ? [] : [`seed ${seed}, order ${violation.orderId}: ${violation.message}`],
  );

let outcomes: readonly Outcome[];
beforeAll(() => {
  checkPayloads(false);
  outcomes = simulateAll(200, 25);
});

test('in 200 runs every order ends, and nothing is lost, doubled or forgotten', () => {
  expect(failuresOf(outcomes)).toEqual([]);
});

test('what can go wrong does go wrong', () => {
  const seen = new Set(outcomes.flatMap(outcome => [...outcome.seen.keys()]));
  for (const what of [
    ...['order DELIVERED', 'order CANCELLED', 'parcel DELIVERED', 'parcel LOST', 'duplicate', 'rewound', 'group away'],
    ...['crash before commit', 'crash before acknowledgement', 'crash between effect and commit', 'published twice'],
    ...['committed while nobody publishes', 'lost and republished', 'duplicate after its inbox row is gone'],
    ...['no answer to a call', 'provider did it and said nothing', 'charged too late', 'asked by the sweep'],
    ...['a deadline passed', 'reservation expired', 'cancellation done', 'cancellation refused', 'rejection done'],
    ...['reassignment done', 'loss done', 'moved for a delay', 'refund refused', 'needs an operator'],
    ...[
      'resuming done',
      'closing as DONE_BY_HAND done',
      'closing as WRITTEN_OFF done',
      'settled by hand',
      'dead letter',
    ],
    ...[
      'cancelled for the customer',
      'cancelled for the money',
      'cancelled for the sellers',
      'cancelled for the coupon',
    ],
    ...['cancelled for all got lost', 'cancelled for a silence'],
  ])
    expect(seen).toContain(what);
});

test('the same seed gives the same run', () => {
  expect(simulate(7, { orders: 25 })).toEqual(outcomes[6]);
  expect(simulate(8, { orders: 25 })).not.toEqual(outcomes[6]);
});

test('what is told fits its schema', () => {
  checkPayloads(true);
  expect(failuresOf(simulateAll(20, 20))).toEqual([]);
});
