import { expect, test } from '@jest/globals';
import { auditAll } from './audited-system.ts';
import { writeCounts } from './counts.ts';

// Comes last, see in-order.js: each suite has looked at what it did itself, here is all of it.
test('after every fault everything there is holds against every invariant', async () => {
  const beganMs = Date.now();
  const { checked, findings, underWay } = await auditAll({ timeoutMs: 180_000 });
  expect(findings).toEqual([]);
  const checks = Object.values(checked).reduce((sum, things) => sum + things, 0);
  const seconds = Math.round((Date.now() - beganMs) / 1_000);
  writeCounts({ suite: 'the whole', faults: 0, orders: 0, checks, underWay, seconds });
}, 300_000);
