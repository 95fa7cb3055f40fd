import { setTimeout } from 'node:timers/promises';
import { ask } from '../support.ts';
import type { FaultRun } from './fault-run.ts';

/** Asks the gateway something of every subgraph, again and again: what nobody uses could not be seen to be bad. */
export function keepAsking(run: FaultRun): { stop: () => Promise<void>; refused: () => number } {
  const over = new AbortController();
  let refused = 0;
  const done = (async () => {
    while (!over.signal.aborted) {
      const id = run.flow.orders.at(-1)?.id ?? '';
      const answers = await Promise.allSettled([
        run.world.operator.order(id),
        run.world.operator.wallet(run.customers.rich.id),
        run.world.operator.runSellerRanking(),
        ask('{ products(first: 1) { nodes { id } } }', {}),
      ]);
      refused += answers.filter(({ status }) => status === 'rejected').length;
      await setTimeout(500);
    }
  })();
  return {
    stop: () => {
      over.abort();
      return done;
    },
    refused: () => refused,
  };
}
