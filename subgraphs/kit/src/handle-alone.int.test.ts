import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { createPool, withTransaction } from './database.ts';
import { on } from './event-handler.ts';
import { createRun } from './handle-alone.ts';
import { handleOnce } from './handle-once.ts';
import { createLog } from './log.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';

test('a database of which others have all the connections is not away: the event is set aside, nobody waits for it', async () => {
  const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 1, name: 'handle-alone-test' });
  const handler = on(CanaryBeat, () => Promise.resolve());
  const run = createRun({ pool, alongside: () => Promise.resolve(), log: createLog('test', 'silent') });
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
