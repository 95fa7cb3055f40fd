import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { processes } from '@waygraph/stack/processes';
import { partStatus } from '../support.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { killPart, pausePart, processState } from './part-signals.ts';

const servers = ['postgres', 'redis', 'kafka', 'connect'];
const victims = [...servers, ...processes.map(({ name }) => name)];

type Hold = { readonly holds: string; readonly steps: readonly string[] };
/**
 * Who is held so that orders stand at its steps while something else is killed or stopped; `before`: who is held first, until then,
 * so that there is something for those steps. Orders also wait for people at any time: these stand at HANDOVER and DELIVERY.
 */
const holders: readonly (Hold & { readonly before?: Hold })[] = [
  { holds: 'payments-consumer', steps: ['COUPON WAITING', 'PAYMENT WAITING'] },
  {
    before: { holds: 'payments-consumer', steps: ['COUPON WAITING', 'PAYMENT WAITING'] },
    ...{ holds: 'inventory-consumer', steps: ['STOCK WAITING', 'CONFIRMATION WAITING', 'STOCK UNDOING'] },
  },
  {
    before: { holds: 'inventory-consumer', steps: ['STOCK WAITING'] },
    ...{ holds: 'routing-consumer', steps: ['ASSIGNMENT WAITING', 'ASSIGNMENT UNDOING'] },
  },
];
const everyStep = [...holders.flatMap(({ steps }) => steps), 'HANDOVER WAITING', 'DELIVERY WAITING'];

let run: FaultRun;
beforeAll(async () => {
  run = await startFaultRun('steps');
  await run.goesOn('before any fault');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 120_000);

/** Steps that orders stand at now. */
async function standing(): Promise<ReadonlySet<string>> {
  const rows = await run.orders<{ step: string }>(
    `select distinct (step ->> 'name') || ' ' || (step ->> 'state') as step
     from saga_instances s cross join jsonb_array_elements(s.steps) as step
     where s.status in ('RUNNING', 'COMPENSATING') and step ->> 'state' in ('WAITING', 'UNDOING')
       and not exists (select from jsonb_array_elements(s.steps) other
         where other ->> 'name' = step ->> 'name' and (other ->> 'attempt')::int > (step ->> 'attempt')::int)`,
  );
  return new Set(rows.map(({ step }) => step));
}

const deeds = {
  killed: async (victim: string): Promise<() => Promise<void>> => (await killPart(victim)).back,
  'stopped for two seconds': async (victim: string): Promise<() => Promise<void>> => {
    const { pid, resume } = await pausePart(victim);
    const stoppedAt = performance.now();
    const end = async (): Promise<void> => {
      await waitFor(() => performance.now() - stoppedAt > 2_000, { what: 'two seconds' });
      expect(processState(pid)).toBe('T');
      resume();
      await waitFor(() => processState(pid) !== 'T', { what: `${victim} to go on` });
      await waitFor(async () => (await partStatus(victim)).state === 'ready', { what: `${victim} to be ready` });
    };
    run.letGo(resume);
    return end;
  },
} as const;

/** Holds one owner after another, so that orders pile up at each of its steps, and does the deed while they stand there. */
async function atEveryStep(victim: string, deed: keyof typeof deeds): Promise<Set<string>> {
  const seen = new Set<string>();
  for (const { before, holds, steps } of holders) {
    // When one of them was away everybody needs a while to find it again.
    if (servers.includes(victim)) await run.goesOn(`before ${victim} is ${deed}`);
    const first = before && (await hold(before.holds));
    if (before) await standAt(before.steps, seen);
    const held = await hold(holds);
    first?.resume();
    await standAt(steps, seen);
    // It stands still already.
    const isStopped = victim === holds && deed !== 'killed';
    const end = isStopped ? undefined : await deeds[deed](victim);
    held.resume();
    await end?.();
  }
  return seen;
}

async function hold(part: string): Promise<{ resume: () => void }> {
  const held = await pausePart(part);
  run.letGo(held.resume);
  return held;
}

/** Orders come until some stand at each of these steps at the same moment. */
async function standAt(steps: readonly string[], seen: Set<string>): Promise<void> {
  await run.burst();
  await waitFor(
    async () => {
      const now = await standing();
      for (const step of now) seen.add(step);
      return steps.every(step => now.has(step));
    },
    {
      ...{ timeoutMs: 25_000, intervalMs: 50 },
      what: () => `orders at ${steps.join(', ')}; seen: ${[...seen].join(', ')} (${run.flow.what()})`,
    },
  );
}

describe.each(Object.keys(deeds) as (keyof typeof deeds)[])('%s', deed => {
  test.each(victims)(
    '%s, with orders at every step, comes back and every order goes on',
    async victim => {
      const seen = await atEveryStep(victim, deed);
      for (const step of everyStep) run.saw(`${victim} ${deed} at ${step}`, seen.has(step));
      await run.goesOn(`after ${victim} was ${deed}`);
    },
    300_000,
  );
});

test('afterwards every order has ended and every invariant holds', () => run.endsWell(), 400_000);
