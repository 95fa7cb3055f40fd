import { expect, test } from '@jest/globals';
import type { Sql } from './database.ts';
import { createLog } from './log.ts';
import { createSlotGuard, slotState } from './slot-guard.ts';

const limit = 1_000_000;
const row = (used: number, wal_status = 'extended') => ({
  ...{ slot: 'outbox', active: true, wal_status, kept: '0', limit: String(limit) },
  safe: wal_status === 'lost' ? null : String(limit * (1 - used)),
});

function guardOver(answers: (() => unknown[])[]) {
  const told: [string, unknown][] = [];
  const log = createLog('test', 'silent');
  for (const level of ['warn', 'error', 'info'] as const)
    log[level] = (...said: unknown[]) => void told.push([level, said[1]]);
  const sql = async () => {
    await Promise.resolve();
    return (answers.shift() ?? (() => []))();
  };
  const guard = createSlotGuard({ sql: sql as Sql, log, intervalMs: 3_600_000 });
  return { guard, told };
}

test('warns at half of the limit, is overloaded from 80 % on and until it has fallen below 70 %', async () => {
  const shares = [0.1, 0.5, 0.79, 0.8, 0.75, 0.7, 0.69, 0.4];
  const { guard, told } = guardOver(shares.map(used => () => [row(used)]));
  await guard.look(); // the first question is asked at once, and this joins it
  const seen = [guard.isOverloaded()];
  while (seen.length < shares.length) {
    await guard.look();
    seen.push(guard.isOverloaded());
  }
  guard.stop();
  expect(seen).toEqual([false, false, false, true, true, true, false, false]);
  expect(told.map(([level]) => level)).toEqual(['warn', 'error', 'info']);
});

test('a lost slot has used up everything, one without a limit or that keeps back nothing yet has not', () => {
  expect(slotState(row(0, 'lost')).used).toBe(1);
  expect(slotState({ ...row(0), wal_status: null, safe: null })).toMatchObject({ walStatus: 'reserved', used: 0 });
  expect(slotState({ ...row(0.9), limit: '-1', safe: null }).used).toBe(0);
  expect(slotState({ ...row(0), safe: String(limit * 2) }).used).toBe(0);
});

test('while the database does not answer, the last answer holds, and it is told once', async () => {
  const away = () => {
    throw new Error('away');
  };
  const { guard, told } = guardOver([() => [row(0.9)], away, away, () => [row(0.1)]]);
  await guard.look();
  await guard.look();
  await guard.look();
  expect(guard.isOverloaded()).toBe(true);
  expect(guard.slots()[0]?.used).toBeCloseTo(0.9);
  await guard.look();
  guard.stop();
  expect(guard.isOverloaded()).toBe(false);
  expect(told.filter(([, text]) => text === 'slots cannot be seen now')).toHaveLength(1);
});
