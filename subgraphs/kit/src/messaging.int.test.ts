import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createPool, sqlOfPool, withTransaction, type Sql } from './database.ts';
import { once } from './idempotency.ts';
import { firstTime } from './inbox.ts';
import { publish } from './outbox.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 4, name: 'messaging-test' });
const sql = sqlOfPool(pool);
afterAll(() => pool.end());

const event = (key: string, seq: number) => ({
  topic: 'canary',
  key,
  type: 'Tested',
  v: 1,
  seq,
  payload: { n: seq, text: 'ação' },
});

describe('outbox', () => {
  test('rows appear together with the transaction, in order, or not at all', async () => {
    const key = uniqueId('outbox');
    const rows = () =>
      sql<{ seq: string; payload: unknown; traceparent: string | null }>(
        'select seq, payload, traceparent from outbox where key = $1 order by id',
        [key],
      );
    await expect(
      withTransaction(pool, async tx => {
        await publish(tx, [event(key, 1)]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await rows()).toEqual([]);
    await withTransaction(pool, tx => publish(tx, [{ ...event(key, 1), traceparent: '00-a-b-01' }]));
    await withTransaction(pool, tx => publish(tx, [event(key, 2)]));
    expect(await rows()).toEqual([
      { seq: '1', payload: { n: 1, text: 'ação' }, traceparent: '00-a-b-01' },
      { seq: '2', payload: { n: 2, text: 'ação' }, traceparent: null },
    ]);
  });
});

test('inbox: an event counts once per group, and not when its transaction failed', async () => {
  const id = randomUUID();
  const inTransaction = (work: (tx: Sql) => Promise<unknown>) => withTransaction(pool, work);
  await expect(
    inTransaction(async tx => Promise.reject(new Error(String(await firstTime(tx, 'g', id))))),
  ).rejects.toThrow('true');
  expect(await inTransaction(tx => firstTime(tx, 'g', id))).toBe(true);
  expect(await inTransaction(tx => firstTime(tx, 'g', id))).toBe(false);
  expect(await inTransaction(tx => firstTime(tx, 'other', id))).toBe(true);
});

describe('once', () => {
  const asked = (request: unknown, key = uniqueId('key')) => ({ subject: 's', operation: 'test', key, request });

  test('a repeat gets the first response; another request under the key is a conflict', async () => {
    const first = asked({ a: 1, b: 2 });
    let runs = 0;
    const ask = (request: typeof first) =>
      withTransaction(pool, tx => once(tx, request, () => Promise.resolve({ run: (runs += 1) })));
    expect(await ask(first)).toEqual({ kind: 'done', response: { run: 1 }, replayed: false });
    expect(await ask({ ...first, request: { b: 2, a: 1 } })).toEqual({
      kind: 'done',
      response: { run: 1 },
      replayed: true,
    });
    expect(await ask({ ...first, request: { a: 2 } })).toEqual({ kind: 'conflict' });
    expect(runs).toBe(1);
  });

  test('a second call at the same moment waits for the first', async () => {
    const request = asked({});
    const gate = Promise.withResolvers<void>();
    const first = withTransaction(pool, tx => once(tx, request, () => gate.promise.then(() => 'first')));
    await waitFor(
      async () =>
        (
          await sql(
            `select from pg_stat_activity where application_name = 'messaging-test' and state = 'idle in transaction'`,
          )
        ).length === 1,
    );
    const second = withTransaction(pool, tx => once(tx, request, () => Promise.resolve('second')));
    await waitFor(
      async () =>
        (
          await sql(
            `select from pg_stat_activity where application_name = 'messaging-test' and wait_event_type = 'Lock'`,
          )
        ).length === 1,
    );
    gate.resolve();
    expect(await first).toMatchObject({ response: 'first', replayed: false });
    expect(await second).toMatchObject({ response: 'first', replayed: true });
  });

  test('what failed or is not worth keeping can be asked again', async () => {
    const request = asked({});
    await expect(
      withTransaction(pool, tx => once(tx, request, () => Promise.reject(new Error('bug')))),
    ).rejects.toThrow('bug');
    const refuse = () =>
      withTransaction(pool, tx =>
        once(
          tx,
          request,
          () => Promise.resolve({ ok: false }),
          ({ ok }) => ok,
        ),
      );
    expect(await refuse()).toMatchObject({ replayed: false });
    expect(await refuse()).toMatchObject({ response: { ok: false }, replayed: false });
  });
});

test('a pool survives that the server ends its connections', async () => {
  const other = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 2, name: uniqueId('ended') });
  const before = await sqlOfPool(other)<{ pid: number }>('select pg_backend_pid() as pid');
  await sql('select pg_terminate_backend($1)', [before[0]?.pid]);
  const after = await waitFor(
    async () => (await sqlOfPool(other)<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid,
  );
  expect(after).not.toBe(before[0]?.pid);
  await other.end();
});
