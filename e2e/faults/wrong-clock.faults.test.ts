import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { signSubgraphRequest } from '@waygraph/kit/auth';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { processes } from '@waygraph/stack/processes';
import { keepAsking } from './asking.ts';
import { borrowPart, type BorrowedPart } from './borrow-part.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { watchWork } from './part-work.ts';

const tenMinutes = 600_000;

let run: FaultRun;
beforeAll(async () => {
  run = await startFaultRun('clock', { behindMs: tenMinutes });
  await run.goesOn('while all clocks agree');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 120_000);

// What the gateway signed long ago, or has yet to sign, a subgraph does not believe: it refuses until its clock is right again.
const signed = processes.filter(({ reads }) => reads.includes('GATEWAY_SECRET')).map(({ name }) => name);
// Time-outs, reservations and deadlines follow the database's clock: whoever works by itself works on when its own is wrong.
const workers = processes.map(({ name }) => name).filter(name => !signed.includes(name));
/** Those that every order's client asks; what the others say no order waits for. */
const asked = ['gateway', 'orders', 'routing'];

async function borrow(names: readonly string[]): Promise<{ name: string; part: BorrowedPart }[]> {
  return await Promise.all(
    names.map(async name => {
      const part = await borrowPart(name, {}, { AUDIT_EVERY_MS: '5000' });
      run.letGo(part.giveBack);
      return { name, part };
    }),
  );
}

/** Every other one is as wrong in the other direction. */
async function shift(parts: Awaited<ReturnType<typeof borrow>>, byMs: number): Promise<void> {
  for (const [at, { name, part }] of parts.entries()) {
    const own = at % 2 === 0 ? byMs : -byMs;
    const says = await part.shiftClock(own);
    const minutes = String(own / 60_000);
    run.saw(`${name} at ${minutes} min`, Math.abs(says - Date.now() - own) < 5_000);
  }
}

test('everybody who works by itself works on, half of them ten minutes ahead, half behind, and the other way round', async () => {
  const parts = await borrow(workers);
  for (const byMs of [tenMinutes, -tenMinutes]) {
    await shift(parts, byMs);
    const works = await Promise.all(workers.map(watchWork));
    await run.goesOn(`while clocks are ${String(byMs / 60_000)} min off`);
    await Promise.all(works.map(done => done()));
  }
  await Promise.all(parts.map(({ part }) => part.giveBack()));
}, 300_000);

/** What a subgraph says to a request that the gateway could have signed this moment. */
async function answerOf(name: string): Promise<string> {
  const body = JSON.stringify({ query: '{ __typename }' });
  const headers = signSubgraphRequest(testEnv('GATEWAY_SECRET'), { viewer: undefined, body });
  const answer = await fetch(testEnv(`${name.toUpperCase()}_URL`), {
    ...{ method: 'POST', body, headers: { ...headers, 'content-type': 'application/json' } },
  });
  return await answer.text();
}

describe('a clock that jumps ten minutes ahead, and then back behind, has its owner refuse and do nothing wrong', () => {
  const others = signed.filter(name => !asked.includes(name));
  test.each([...asked.map(name => ({ names: [name] })), { names: others }])(
    '$names',
    async ({ names }) => {
      const parts = await borrow(names);
      const asking = keepAsking(run);
      for (const byMs of [tenMinutes, -tenMinutes]) {
        await shift(parts, byMs);
        // The gateway's wrong signature nobody believes; of the others each is asked itself.
        const [before, repeats] = [asking.refused(), run.flow.repeats()];
        for (const { name } of parts) {
          if (name === 'gateway') continue;
          const says = await waitFor(() => answerOf(name), { timeoutMs: 30_000, what: `an answer of ${name}` });
          run.saw(`${name} refuses: ${says}`, says.includes('the gateway signature is too old'));
        }
        await waitFor(() => asking.refused() > before + 3, { timeoutMs: 60_000, what: 'refusals by a wrong clock' });
        if (parts.some(({ name }) => asked.includes(name)))
          await waitFor(() => run.flow.repeats() > repeats + 3, { timeoutMs: 60_000, what: 'orders to be refused' });
      }
      for (const { part } of parts) await part.shiftClock(0);
      await asking.stop();
      await run.goesOn('after clocks were ten minutes off');
      await Promise.all(parts.map(({ part }) => part.giveBack()));
    },
    240_000,
  );
});

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 240_000);
