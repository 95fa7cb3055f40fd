import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { processes } from '@waygraph/stack/processes';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { lendPart } from './lend-part.ts';
import { holds, paused, standAt, standing, steadyOrders, steadySteps, type Hold } from './order-holds.ts';
import { killPart, processState } from './part-signals.ts';
import { servers, untilReady } from './part-work.ts';

const names = processes.map(({ name }) => name);
const stoppedMs = 2_000;
/** An owner that is silent for two minutes has its step taken for failed; longer than this orders do not stand. */
const longestHoldMs = 60_000;
const together = 4;

let run: FaultRun;
let steady: string[];
beforeAll(async () => {
  run = await startFaultRun('steps');
  await run.goesOn('before any fault');
  steady = await steadyOrders(run);
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 120_000);

describe.each(holds)('while orders stand at $steps', hold => {
  const steps = [...hold.steps, ...steadySteps];
  const saw = (victims: readonly string[], deed: string, ...looks: readonly ReadonlySet<string>[]): void => {
    for (const victim of victims)
      for (const step of steps)
        run.saw(
          `${victim} ${deed} at ${step}`,
          looks.every(look => look.has(step)),
        );
  };

  test(`${hold.holds}, who brings them on, stands still, and is killed`, async () => {
    const { held, goOn } = await standAt(run, hold, () => paused(run, hold.holds));
    await waitForMs(stoppedMs);
    const during = await look();
    expect(processState(held.pid)).toBe('T');
    saw([hold.holds], 'stopped', during);
    held.resume();
    goOn();
    await untilReady(hold.holds);

    const again = await standAt(run, hold, () => paused(run, hold.holds));
    const before = await look();
    const { back } = await killPart(hold.holds);
    saw([hold.holds], 'killed', before);
    await back();
    again.goOn();
    await run.goesOn(`after ${hold.holds} was killed`);
  }, 240_000);

  test('everybody else stands still for two seconds, is killed, comes back, and every order goes on', async () => {
    const others = names.filter(name => name !== hold.holds);
    const groups = Array.from({ length: Math.ceil(others.length / together) }, (_, at) =>
      others.slice(at * together, (at + 1) * together),
    );
    const held = createRenewedHold(hold);
    for (const victims of [...groups, ...servers.map(server => [server])]) {
      await held.fresh();
      const before = await look();
      await stopAndContinue(victims);
      const between = await look();
      saw(victims, 'stopped', before, between);
      const killed = await Promise.all(victims.map(victim => killPart(victim)));
      await Promise.all(killed.map(({ back }) => back()));
      saw(victims, 'killed', between, await look());
    }
    await held.end();
    await run.goesOn(`after everybody was killed while ${hold.holds} was away`, 180_000);
  }, 600_000);
});

test('afterwards every order has ended and every invariant holds', async () => {
  for (const id of steady) run.flow.adopt(id);
  await run.endsWell();
}, 400_000);

/** Steps that orders stand at, as soon as the database can tell. */
const look = (): Promise<ReadonlySet<string>> =>
  waitFor(() => standing(run), { timeoutMs: 60_000, what: 'the database to tell where orders stand' });

const waitForMs = async (ms: number): Promise<void> => {
  const beganAt = performance.now();
  await waitFor(() => performance.now() - beganAt > ms, { what: `${String(ms)} ms` });
};

async function stopAndContinue(victims: readonly string[]): Promise<void> {
  const stopped = await Promise.all(victims.map(victim => paused(run, victim)));
  await waitForMs(stoppedMs);
  expect(stopped.map(({ pid }) => processState(pid))).toEqual(victims.map(() => 'T'));
  for (const { resume } of stopped) resume();
  await Promise.all(victims.map(victim => untilReady(victim)));
}

/**
 * The owner is away altogether, not only stopped: the supervisor would take a part that does not answer for dead. Before its orders
 * have waited too long it comes back and goes away again.
 */
function createRenewedHold(hold: Hold) {
  let giveBack = (): Promise<void> => Promise.resolve();
  let sinceMs = -Infinity;
  return {
    fresh: async (): Promise<void> => {
      if (performance.now() - sinceMs < longestHoldMs) return;
      if (sinceMs > 0) {
        await giveBack();
        await run.goesOn(`between two times without ${hold.holds}`);
      }
      const { held, goOn } = await standAt(run, hold, async () => {
        const lent = await lendPart(hold.holds);
        run.letGo(lent.giveBack);
        return lent;
      });
      giveBack = async () => {
        await held.giveBack();
        goOn();
      };
      sinceMs = performance.now();
    },
    end: () => giveBack(),
  };
}
