import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { resumeConnector, stopConnector, untilRunning } from './connectors.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { watchWork } from './part-work.ts';
import { openSlots, type Slots } from './replication-slots.ts';

// One tells of what services publish, the other of their tables.
const connectors = ['outbox', 'tables'] as const;

let run: FaultRun;
let slots: Slots;
const slotOf = new Map<string, string>();
const nameOf = (connector: string): string => slotOf.get(connector) ?? '';
beforeAll(async () => {
  run = await startFaultRun('slots');
  slots = openSlots();
  run.letGo(slots.close);
  for (const connector of connectors) slotOf.set(connector, await slots.slotOf(connector));
  await run.goesOn('before a slot breaks');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 60_000);

/** The connector reads nothing while orders are placed, so that the slot alone knows what is missing. */
async function withUnreadOrders(connector: string, breakSlot: () => Promise<void>): Promise<void> {
  await untilRunning(connector);
  run.letGo(() => resumeConnector(connector).catch(() => undefined));
  await stopConnector(connector);
  const placed = run.flow.orders.length;
  await waitFor(() => run.flow.orders.length >= placed + 3, {
    timeoutMs: 60_000,
    what: () => `orders that nobody reads (${run.flow.what()})`,
  });
  await breakSlot();
}

/** The slot is read again, and what was written meanwhile has come where it belongs. */
async function untilHealed(connector: string, when: string): Promise<void> {
  const rowsAreCopied = await watchWork('read-sync');
  await waitFor(async () => (await slots.slot(nameOf(connector)))?.active === true, {
    ...{ timeoutMs: 150_000, intervalMs: 200, what: `slot ${nameOf(connector)} to be there, and read` },
  });
  await run.goesOn(when, 180_000);
  await rowsAreCopied();
}

test.each(connectors)(
  'the slot of %s that is dropped is made again, and what it had not read yet is told',
  async connector => {
    await withUnreadOrders(connector, async () => {
      // Whoever mends it may be at it before anybody could look: that it was dropped the database says itself.
      run.saw(`no slot of ${connector}`, await slots.drop(nameOf(connector)));
    });
    // The repair starts the connector: to resume it here, too, would come between.
    await untilHealed(connector, `after the slot of ${connector} was dropped`);
  },
  400_000,
);

test.each(connectors)(
  'the slot of %s that was moved past what it had not read is noticed, and the gap is told',
  async connector => {
    await withUnreadOrders(connector, async () => {
      const [before, repairs] = [await slots.slot(nameOf(connector)), await slots.repairs(connector)];
      await slots.advance(nameOf(connector));
      const after = await slots.slot(nameOf(connector));
      const isMoved = before !== undefined && after !== undefined && after.confirmed !== before.confirmed;
      run.saw(`a slot of ${connector} that was moved`, isMoved);
      // A connector goes on behind the gap without a word.
      await waitFor(async () => (await slots.repairs(connector)) > repairs, {
        ...{ timeoutMs: 60_000, intervalMs: 100, what: `the gap of ${connector} to be noticed` },
      });
      await resumeConnector(connector);
    });
    await untilHealed(connector, `after the slot of ${connector} was moved`);
  },
  400_000,
);

test('afterwards every order has ended and every invariant holds', async () => {
  await run.endsWell();
  for (const connector of connectors) expect((await slots.slot(nameOf(connector)))?.active).toBe(true);
}, 300_000);
