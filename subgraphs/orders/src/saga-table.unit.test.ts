import { expect, test } from '@jest/globals';
import { orderStatus } from '@waygraph/schema/events/orders';
import { sagaOf } from './saga-state.ts';
import { answers, steps, transitions, type StepName } from './saga-table.ts';

const targets = (from: string) =>
  transitions.filter(one => one.from.some(status => status === from)).map(({ to }) => to);

test('every status is reached from PENDING, and only DELIVERED and CANCELLED are ends', () => {
  const reached = new Set<string>(['PENDING']);
  for (const status of reached) for (const to of targets(status)) reached.add(to);
  expect([...reached].toSorted()).toEqual(orderStatus.options.toSorted());
  expect(orderStatus.options.filter(status => targets(status).length === 0)).toEqual(['DELIVERED', 'CANCELLED']);
});

test('every step begins somewhere, every answer is one of a step, and what can be undone says by which event it is', () => {
  const begun = new Set<StepName>(['ASSIGNMENT', ...transitions.flatMap(({ begins = [] }) => begins)]);
  // These are begun by people who cancel and by lines that are dropped.
  expect([...begun, 'CANCEL', 'REFUND'].toSorted()).toEqual(Object.keys(steps).toSorted());
  const told = Object.values(steps).flatMap(step => ['done', 'failed', 'undone'].filter(outcome => outcome in step));
  expect(Object.values(answers).flat()).toHaveLength(told.length);
  for (const step of Object.values(steps)) expect('undo' in step).toBe('undone' in step);
});

test('an end is told as one, and nothing else is', () => {
  for (const { to } of transitions) {
    expect([to, sagaOf({ status: to, steps: [] })]).toEqual([
      to,
      { DELIVERED: 'COMPLETED', CANCELLED: 'COMPENSATED', CANCELLING: 'COMPENSATING' }[to as string] ?? 'RUNNING',
    ]);
  }
});

test('what leads to an end that was not wished for cancels, and nothing else does', () => {
  for (const { from, to, cancels = false } of transitions)
    expect([to, cancels]).toEqual([to, to.startsWith('CANCEL') && !from.includes('CANCELLING')]);
});
