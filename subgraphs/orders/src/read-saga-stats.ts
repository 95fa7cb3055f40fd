import type { Viewer } from '@waygraph/kit/auth';
import type { Sql } from '@waygraph/kit/database';
import { definitionOf, stepNames } from './saga-table.ts';
import type { SagaStats } from './types.generated.ts';

type Counts = {
  running: number;
  compensating: number;
  completed: number;
  compensated: number;
  needs_operator: number;
  overdue: number;
};

/** A later attempt's step of this name makes an earlier one's no longer waited for, as `openSteps` and `stuckSteps` have it. */
const superseding = stepNames.map(name => ({ name, by: definitionOf(name).supersededBy ?? name }));

/** How all sagas stand; null but for operators. */
export async function readSagaStats(sql: Sql, viewer: Viewer | undefined): Promise<SagaStats | null> {
  if (viewer?.role !== 'operator') return null;
  const [counts] = await sql<Counts>(
    `select count(*) filter (where status = 'RUNNING')::int as running,
       count(*) filter (where status = 'COMPENSATING')::int as compensating,
       count(*) filter (where status = 'COMPLETED')::int as completed,
       count(*) filter (where status = 'COMPENSATED')::int as compensated,
       count(*) filter (where status = 'NEEDS_OPERATOR')::int as needs_operator,
       (select count(*) from saga_instances where is_timed and deadline_at <= now())::int as overdue
     from saga_instances`,
  );
  const steps = await sql<{ name: string; waiting: number; overdue: number; since_ms: number }>(
    `select step.name, count(*)::int as waiting,
       count(*) filter (where step."deadlineMs" <= extract(epoch from now()) * 1000)::int as overdue,
       min(step."atMs")::float8 as since_ms
     from saga_instances s
     join orders o on o.id = s.order_id
     cross join lateral jsonb_to_recordset(s.steps)
       as step(name text, state text, attempt int, "atMs" numeric, "deadlineMs" numeric)
     where s.status in ('RUNNING', 'COMPENSATING', 'NEEDS_OPERATOR') and (
       step.state = 'UNDOING' or step.state = 'STUCK' and o.status in ('CANCELLING', 'CANCELLED')
       or step.state in ('WAITING', 'STUCK') and not exists (
         select from jsonb_to_recordset(s.steps) as later(name text, attempt int)
         left join jsonb_to_recordset($1::jsonb) as rule(name text, by text) on rule.name = step.name
         where later.attempt > step.attempt and later.name in (step.name, rule.by)))
     group by step.name
     order by step.name`,
    [JSON.stringify(superseding)],
  );
  return {
    ...{ running: counts?.running ?? 0, compensating: counts?.compensating ?? 0, completed: counts?.completed ?? 0 },
    ...{ compensated: counts?.compensated ?? 0, needsOperator: counts?.needs_operator ?? 0 },
    overdue: counts?.overdue ?? 0,
    steps: steps.map(({ since_ms, ...step }) => ({ ...step, since: new Date(since_ms) })),
  };
}
