import { afterAll, beforeAll, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { processes } from '@waygraph/stack/processes';
import { borrowPart } from './borrow-part.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';

const tenMinutes = 600_000;

let run: FaultRun;
beforeAll(async () => {
  run = await startFaultRun('clock');
  await run.goesOn('while all clocks agree');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 120_000);

// Time-outs, reservations and deadlines follow the database's clock: a consumer whose own is wrong works on.
const consumers = processes.map(({ name }) => name).filter(name => /-consumer$|^read-sync$|^canary$|^jobs$/.test(name));
// What the gateway signed long ago, or has yet to sign, a subgraph does not believe: it refuses until its clock is right again.
const subgraphs = processes.filter(({ reads }) => reads.includes('GATEWAY_SECRET')).map(({ name }) => name);

test.each(consumers)(
  '%s whose clock jumps ten minutes ahead, and then back behind, works on',
  async name => {
    const part = await borrowPart(name);
    run.letGo(part.giveBack);
    for (const shiftMs of [tenMinutes, -tenMinutes]) {
      const says = await part.shiftClock(shiftMs);
      run.saw(`${name} at ${String(shiftMs / 60_000)} min`, isOff(says, shiftMs));
      await run.goesOn(`while ${name} is ${String(shiftMs / 60_000)} min off`);
    }
    await part.giveBack();
  },
  240_000,
);

test.each(subgraphs)(
  '%s whose clock jumps ten minutes ahead, and then back behind, does nothing wrong',
  async name => {
    const part = await borrowPart(name);
    run.letGo(part.giveBack);
    for (const shiftMs of [tenMinutes, -tenMinutes]) {
      const repeats = run.flow.repeats();
      const says = await part.shiftClock(shiftMs);
      run.saw(`${name} at ${String(shiftMs / 60_000)} min`, isOff(says, shiftMs));
      if (asked.includes(name))
        await waitFor(() => run.flow.repeats() > repeats + 3, { timeoutMs: 60_000, what: 'refusals by a wrong clock' });
    }
    await part.shiftClock(0);
    await run.goesOn(`after ${name} was ten minutes off`);
    await part.giveBack();
  },
  240_000,
);
/** Those that every order's client asks. */
const asked = ['gateway', 'orders', 'routing'];

const isOff = (saysMs: number, shiftMs: number): boolean => Math.abs(saysMs - Date.now() - shiftMs) < 5_000;

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 240_000);
