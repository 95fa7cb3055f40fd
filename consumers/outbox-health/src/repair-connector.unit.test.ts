import { expect, test } from '@jest/globals';
import { createLog } from '@waygraph/kit/log';
import { furthest, type ConnectClient } from './connect-client.ts';
import type { Place } from './place.ts';
import { ailment, createConnectorRepair, type Finding } from './repair-connector.ts';

const slot = { walStatus: 'reserved', confirmed: 100n, pid: 7 };
const well: Finding = { slot, pidBefore: 7, offset: 100n };
const ahead = 'its slot is ahead of it';

test.each<[string, Finding, string | undefined]>([
  ['is where its slot is', well, undefined],
  ['is further than its slot', { ...well, offset: 101n }, undefined],
  ['never read anything', { ...well, offset: undefined }, undefined],
  ['has no slot', { ...well, slot: undefined }, 'its slot is gone'],
  [
    'has lost its slot',
    { ...well, slot: { ...slot, walStatus: 'lost' } },
    'its slot is lost: the WAL it needs is gone',
  ],
  ['has confirmed more than it has kept, and reads on', { ...well, offset: 99n }, undefined],
  ['is behind a slot that nobody reads', { ...well, slot: { ...slot, pid: null }, offset: 99n }, ahead],
  [
    'is behind a slot that nobody read before, either',
    { slot: { ...slot, pid: null }, pidBefore: null, offset: 99n },
    ahead,
  ],
  ['is behind a slot that it has let go of meanwhile', { ...well, pidBefore: 6, offset: 99n }, ahead],
  ['is behind a slot that nobody read before', { ...well, pidBefore: null, offset: 99n }, ahead],
  ['is behind its slot when it is first looked at', { ...well, pidBefore: undefined, offset: 99n }, ahead],
])('a connector that %s', (_, finding, cause) => {
  expect(ailment(finding)).toBe(cause);
});

test('a connector is as far as the last commit it has read, though the row it read last lies before it', () => {
  expect(furthest({ lsn: 90, lsn_proc: 90, lsn_commit: 100 })).toBe(100n);
  expect(furthest({ lsn: 110, lsn_proc: 110, lsn_commit: 100 })).toBe(110n);
  expect(furthest({})).toBeUndefined();
});

/** A connector `tables` in this state, at 99 of a slot that is at 100. */
function given(state: string, interrupted?: string) {
  const done: string[] = [];
  const config = { 'database.hostname': 'h', 'database.port': '1', 'database.dbname': 'd', 'slot.name': 's' };
  let offset: bigint | undefined = 99n;
  let open = interrupted;
  const slot: { wal_status: string; confirmed: string; active_pid: number | null } = {
    ...{ wal_status: 'reserved', confirmed: '100', active_pid: state === 'RUNNING' ? 7 : null },
  };
  let isAway = false;
  const connect: ConnectClient = {
    list: () => Promise.resolve([{ name: 'tables', config, state }]),
    offset: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(offset)),
    stop: () => Promise.resolve(void done.push('stop')),
    forgetOffsets: () => {
      done.push('forget');
      offset = undefined;
      return Promise.resolve();
    },
    resume: () => Promise.resolve(void done.push('resume')),
  };
  const sql = (text: string): Promise<unknown[]> => {
    if (text.includes('pg_replication_slots')) return Promise.resolve([slot]);
    if (text.startsWith('update')) open = undefined;
    if (text.startsWith('select cause') && open !== undefined) return Promise.resolve([{ cause: open }]);
    return Promise.resolve([]);
  };
  const place = { name: 'p', host: 'h', port: 1, database: 'd', sql } as unknown as Place;
  const repair = createConnectorRepair({ connect, log: createLog('test', 'silent') });
  return {
    ...{ look: () => repair.look(place), done, slot },
    keep: (kept: bigint) => (offset = kept),
    connectIs: (is: 'away' | 'there') => (isAway = is === 'away'),
  };
}

test.each(['RUNNING', 'FAILED', 'UNASSIGNED'])(
  'a slot that was moved under a connector that is %s is met, though it goes on without a word',
  async state => {
    const { look, done } = given(state);
    expect(await look()).toBe(1);
    expect(done).toEqual(['stop', 'forget', 'resume']);
    expect(await look()).toBe(0);
  },
);

test('a connector that somebody has stopped stays stopped, and forgets where it was', async () => {
  const { look, done } = given('STOPPED');
  expect(await look()).toBe(1);
  expect(done).toEqual(['forget']);
  expect(await look()).toBe(0);
});

test('one that an interrupted repair has stopped goes on, and is repaired once', async () => {
  const { look, done } = given('STOPPED', ahead);
  expect(await look()).toBe(1);
  expect(done).toEqual(['stop', 'forget', 'resume']);
  expect(await look()).toBe(0);
});

test('a connector that is busy is not repaired for confirming more than it has kept, one that was away meanwhile is', async () => {
  const { look, done, slot, keep, connectIs } = given('RUNNING');
  keep(100n);
  expect(await look()).toBe(0);
  slot.confirmed = '130';
  expect(await look()).toBe(0);
  slot.active_pid = 8;
  // Nothing is learned by a look that fails.
  connectIs('away');
  await expect(look()).rejects.toThrow('away');
  connectIs('there');
  expect(await look()).toBe(1);
  expect(done).toEqual(['stop', 'forget', 'resume']);
});

test('a slot that is moved while nobody reads it is met', async () => {
  const { look, slot, keep } = given('FAILED');
  keep(100n);
  expect(await look()).toBe(0);
  slot.confirmed = '130';
  expect(await look()).toBe(1);
});
