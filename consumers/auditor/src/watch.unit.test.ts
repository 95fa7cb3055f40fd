import { expect, test } from '@jest/globals';
import { createLog } from '@waygraph/kit/log';
import type { Audit, AuditOptions } from './audit.ts';
import type { Finding } from './finding.ts';
import { createMetrics } from './metrics.ts';
import { createWatch } from './watch.ts';

const finding = (id: string): Finding => ({ invariant: 'across/money-is-the-total', id, detail: 'x' });

function given() {
  const metrics = createMetrics();
  const asked: AuditOptions[] = [];
  const told: unknown[] = [];
  const log = createLog('test', 'silent');
  log.error = (found: unknown) => told.push(found);
  let findings: Finding[] = [];
  let nowMs = 1_000_000;
  const watch = createWatch({
    audit: options => {
      asked.push(options);
      const result: Audit = { checked: { 'across/money-is-the-total': 10 }, findings, underWay: 2, underWayOrders: [] };
      return Promise.resolve(result);
    },
    ...{ metrics, log, everyMs: 30_000, everythingEveryMs: 100_000, now: () => nowMs },
    patience: { quietMs: 5_000, graceMs: 60_000, lateMs: 300_000 },
  });
  return {
    ...{ metrics, asked, told },
    runAt: async (ms: number, ...seen: Finding[]) => {
      nowMs = 1_000_000 + ms;
      findings = seen;
      await watch.run();
    },
  };
}

test('everything is looked at first and from time to time, what is new in between', async () => {
  const { asked, runAt } = given();
  for (const ms of [0, 30_000, 60_000, 100_000]) await runAt(ms);
  expect(asked.map(({ since }) => since?.getTime())).toEqual([undefined, 935_000, 965_000, undefined]);
});

test('a finding is told once, and stands until a look at everything does not see it', async () => {
  const { told, metrics, runAt } = given();
  await runAt(0, finding('a'));
  await runAt(30_000, finding('b'));
  await runAt(60_000);
  expect(told).toEqual([finding('a'), finding('b')]);
  expect(metrics.text()).toContain('waygraph_audit_violations{invariant="across/money-is-the-total"} 2\n');
  await runAt(100_000, finding('b'));
  expect(told).toHaveLength(2);
  expect(metrics.text()).toContain('waygraph_audit_violations{invariant="across/money-is-the-total"} 1\n');
  expect(metrics.text()).toContain('waygraph_audit_findings_total{invariant="across/money-is-the-total"} 2\n');
  expect(metrics.text()).toContain('waygraph_audit_checked_total{invariant="across/money-is-the-total"} 40\n');
  expect(metrics.text()).toContain('# TYPE waygraph_audit_under_way gauge\nwaygraph_audit_under_way 2\n');
});
