import type { Audit } from './audit.ts';

type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number };

/** What the auditor tells of itself, in Prometheus' text format. */
export function createMetrics() {
  const checked = new Map<string, number>();
  const found = new Map<string, number>();
  const open = new Map<string, number>();
  let last: { audit: Audit; atMs: number; tookMs: number } | undefined;
  let failures = 0;

  const ofRules = (counts: ReadonlyMap<string, number>): Sample[] =>
    [...counts].map(([invariant, value]) => ({ labels: { invariant }, value }));

  return {
    /** A run has ended; `fresh` are findings that were not known before, `standing` all that stand now, by their rule. */
    ran(run: {
      audit: Audit;
      fresh: readonly string[];
      standing: readonly string[];
      atMs: number;
      tookMs: number;
    }): void {
      const { audit, fresh, standing } = run;
      last = run;
      for (const [rule, things] of Object.entries(audit.checked)) {
        checked.set(rule, (checked.get(rule) ?? 0) + things);
        found.set(rule, found.get(rule) ?? 0);
        open.set(rule, 0);
      }
      for (const rule of fresh) found.set(rule, (found.get(rule) ?? 0) + 1);
      for (const rule of standing) open.set(rule, (open.get(rule) ?? 0) + 1);
    },
    failed(): void {
      failures += 1;
    },
    text(): string {
      return [
        ...family('waygraph_audit_checked_total', 'counter', 'Things held against a rule.', ofRules(checked)),
        ...family('waygraph_audit_findings_total', 'counter', 'Breaches of a rule, each counted once.', ofRules(found)),
        ...family('waygraph_audit_violations', 'gauge', 'Breaches of a rule that stand.', ofRules(open)),
        ...family('waygraph_audit_under_way', 'gauge', 'Things too young to be judged.', [
          { value: last?.audit.underWay ?? 0 },
        ]),
        ...family('waygraph_audit_failed_runs_total', 'counter', 'Runs that could not be ended.', [
          { value: failures },
        ]),
        ...family('waygraph_audit_last_run_seconds', 'gauge', 'How long the last run took.', [
          { value: (last?.tookMs ?? 0) / 1_000 },
        ]),
        ...family('waygraph_audit_last_run_timestamp_seconds', 'gauge', 'When the last run ended.', [
          { value: (last?.atMs ?? 0) / 1_000 },
        ]),
      ].join('');
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string[] {
  return [
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`,
    ...samples.map(({ labels = {}, value }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
      return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${String(value)}\n`;
    }),
  ];
}
