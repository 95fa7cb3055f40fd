import { expect, test } from '@jest/globals';
import { WaygraphError } from '@waygraph/kit/errors';
import { createLog } from '@waygraph/kit/log';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { createProviderAsker } from './ask-provider.ts';

/** A provider whose answers are given by hand. */
function someAsker(due: string[] = []) {
  const asked: { orderId: string; answer: (outcome?: Error | boolean) => void }[] = [];
  const asker = createProviderAsker({
    settle: orderId => {
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      asked.push({
        orderId,
        answer: (outcome = true) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
      });
      return promise;
    },
    takeDue: most => Promise.resolve(due.splice(0, most)),
    concurrency: 2,
    everyMs: 1,
    log: createLog('test', 'silent'),
  });
  return { asker, asked, orders: () => asked.map(({ orderId }) => orderId) };
}

test('asks for a few orders at a time; another takes the place of one that has ended, well or not', async () => {
  const { asker, asked, orders } = someAsker();
  for (const orderId of ['a', 'b', 'c', 'd']) asker.soon(orderId);
  expect(orders()).toEqual([]);
  await waitFor(() => orders().length === 2);
  asked[0]!.answer(new Error('a bug'));
  await waitFor(() => orders().length === 3);
  asked[1]!.answer();
  await waitFor(() => orders().length === 4);
  expect(orders()).toEqual(['a', 'b', 'c', 'd']);
});

test('asks again, a few times, when there is no answer or nothing to ask yet', async () => {
  for (const outcome of [new WaygraphError('UNAVAILABLE', 'away'), false]) {
    const { asker, asked, orders } = someAsker();
    asker.soon('a');
    for (let times = 1; times <= 3; times += 1) {
      await waitFor(() => orders().length === times);
      asked[times - 1]!.answer(outcome);
    }
    await asker.stop();
    expect(orders()).toEqual(['a', 'a', 'a']);
  }
});

test('asks once more for an order that comes again while it is asked for, and not in parallel', async () => {
  const { asker, asked, orders } = someAsker();
  for (let times = 0; times < 3; times += 1) asker.soon('a');
  await waitFor(() => orders().length === 1);
  asker.soon('a');
  asker.soon('b');
  await waitFor(() => orders().length === 2);
  expect(orders()).toEqual(['a', 'b']);
  asked[0]!.answer();
  await waitFor(() => orders().length === 3);
  expect(orders()).toEqual(['a', 'b', 'a']);
});

test('brings back what is due, no more of it than there is room for, and stops when what is under way has ended', async () => {
  const due = Array.from({ length: 10 }, (_, index) => `due-${String(index)}`);
  const { asker, asked, orders } = someAsker(due);
  asker.start();
  await waitFor(() => due.length === 4);
  expect(orders()).toEqual(['due-0', 'due-1']);
  let isStopped = false;
  const stopped = asker.stop().then(() => (isStopped = true));
  asked[0]!.answer();
  expect(isStopped).toBe(false);
  asked[1]!.answer();
  await stopped;
  asker.soon('late');
  expect(orders()).toHaveLength(2);
});
