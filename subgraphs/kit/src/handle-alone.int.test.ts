import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { createPool, sqlOfPool, withTransaction } from './database.ts';
import { on } from './event-handler.ts';
import { createReader, createRun } from './handle-alone.ts';
import { createHandleEvents } from './handle-events.ts';
import { handleOnce } from './handle-once.ts';
import { createLog } from './log.ts';
import { retryPlan } from './retry-delay.ts';
import { createSlots } from './slots.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';

test('a database of which others have all the connections is not away: the event is set aside, nobody waits for it', async () => {
  const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 1, name: 'handle-alone-test' });
  const handler = on(CanaryBeat, () => Promise.resolve());
  const run = createRun({ pool, log: createLog('test', 'silent'), standstillMs: 60_000 });
  // More than the pool gets done while somebody waits for a connection.
  const others = Array.from({ length: 32 }, () => withTransaction(pool, sql => sql('select pg_sleep(0.2)')));
  const settled = Promise.allSettled(others);
  try {
    const delivery = {
      ...{ id: randomUUID(), topic: 'canary', partition: 0, offset: '0', key: 'k', seq: 1, occurredUs: 0 },
      event: { type: CanaryBeat.type, data: { server: 'k', beat: 1, at: '' } },
    };
    const transact = handleOnce(pool, uniqueId('group'));
    expect(await run({ delivery, handler }, { transact, attempts: 3 })).toMatchObject({
      ...{ kind: 'passing', attempts: 1 },
      error: { message: 'timeout exceeded when trying to connect' },
    });
  } finally {
    await settled;
    await pool.end();
  }
}, 30_000);

test('nor is it for those that share a transaction: the whole is not repeated', async () => {
  const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 1, name: 'handle-alone-test' });
  const [group, id] = [uniqueId('group'), randomUUID()];
  let effects = 0;
  const handle = createHandleEvents({
    ...{ pool, group, log: createLog('test', 'silent'), tellTo: undefined, plan: retryPlan, standstillMs: 60_000 },
    read: createReader([on(CanaryBeat, () => Promise.resolve((effects += 1)))]),
    ...{ mayWait: () => false, onAside: () => undefined, slot: createSlots(1) },
  });
  const others = Array.from({ length: 32 }, () => withTransaction(pool, sql => sql('select pg_sleep(0.2)')));
  const settled = Promise.allSettled(others);
  try {
    const message = {
      ...{ topic: CanaryBeat.topic, partition: 0, offset: '0', key: 'k', timestampMs: 0 },
      value: JSON.stringify({ server: 'k', beat: 1, at: '2026-11-21T09:30:00.000Z' }),
      headers: { id, eventType: CanaryBeat.type, v: '1', seq: '1', occurredUs: '1' },
    };
    await handle([message], { isOurs: () => true, progress: () => undefined });
    expect(effects).toBe(1);
    expect(await sqlOfPool(pool)('select from inbox where event_id = $1', [id])).toHaveLength(1);
  } finally {
    await settled;
    await pool.end();
  }
}, 30_000);
