import { expect, test } from '@jest/globals';
import { ailment, type Finding } from './repair-connector.ts';

const running: Finding = {
  connector: { state: 'RUNNING' },
  slot: { walStatus: 'reserved', confirmed: 100n },
  offset: undefined,
};
const failed: Finding = { ...running, connector: { state: 'FAILED' }, offset: 100n };

test.each<[string, Finding, string | undefined]>([
  ['runs', running, undefined],
  ['has failed for a reason of its own', failed, undefined],
  ['has failed before it ever read anything', { ...failed, offset: undefined }, undefined],
  ['is stopped by an operator', { ...running, connector: { state: 'STOPPED' } }, undefined],
  ['has no slot', { ...running, slot: undefined }, 'its slot is gone'],
  [
    'has lost its slot',
    { ...running, slot: { walStatus: 'lost', confirmed: 100n } },
    'its slot is lost: the WAL it needs is gone',
  ],
  ['is behind its slot', { ...failed, offset: 99n }, 'its slot is ahead of it'],
])('a connector that %s', (_, finding, cause) => {
  expect(ailment(finding)).toBe(cause);
});
