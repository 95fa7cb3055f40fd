import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { resumeConnector, stopConnector } from './connectors.ts';
import { startFaultRun, type FaultRun } from './fault-run.ts';
import { openSlots, type Slots } from './replication-slots.ts';

let run: FaultRun;
let slots: Slots;
let slot: string;
beforeAll(async () => {
  run = await startFaultRun('slots');
  slots = openSlots();
  run.letGo(slots.close);
  slot = await slots.outboxSlot();
  await run.goesOn('before the slot breaks');
}, 120_000);
afterAll(() => (run as FaultRun | undefined)?.end(), 60_000);

/** The connector reads nothing while orders are placed, so that the slot alone knows what is missing. */
async function withUnreadOrders(breakSlot: () => Promise<void>): Promise<void> {
  run.letGo(() => resumeConnector('outbox').catch(() => undefined));
  await stopConnector('outbox');
  const placed = run.flow.orders.length;
  await waitFor(() => run.flow.orders.length >= placed + 3, {
    timeoutMs: 60_000,
    what: () => `orders that nobody reads (${run.flow.what()})`,
  });
  await breakSlot();
  await resumeConnector('outbox');
}

test('a slot that is dropped is made again, and what it had not read yet is published', async () => {
  await withUnreadOrders(async () => {
    await slots.drop(slot);
    run.saw('no slot', (await slots.slot(slot)) === undefined);
  });
  await waitFor(async () => (await slots.slot(slot))?.active === true, {
    timeoutMs: 120_000,
    intervalMs: 200,
    what: 'the slot to be there again, and read',
  });
  await run.goesOn('after the slot was dropped', 180_000);
}, 400_000);

test('a slot that was moved past what it had not read is noticed, and the gap is published', async () => {
  await withUnreadOrders(async () => {
    const before = await slots.slot(slot);
    await slots.advance(slot);
    const after = await slots.slot(slot);
    run.saw('a slot that was moved', before !== undefined && after?.confirmed !== before.confirmed);
  });
  await run.goesOn('after the slot was moved', 180_000);
}, 400_000);

test('afterwards every order has ended and every invariant holds', async () => {
  await run.endsWell();
  expect((await slots.slot(slot))?.active).toBe(true);
}, 300_000);
