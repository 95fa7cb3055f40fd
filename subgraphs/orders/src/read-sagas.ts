import type { Sql } from '@waygraph/kit/database';
import { awaited, deadlineOf, standsAt, type Step } from './saga-state.ts';
import type { SagaStatus } from './saga-table.ts';
import type { Saga } from './types.generated.ts';

/** Sagas in the order of the orders' ids given; null: there is none. */
export async function readSagas(sql: Sql, orderIds: readonly string[]): Promise<(Saga | null)[]> {
  const rows = await sql<{ order_id: string; status: SagaStatus; steps: Step[] }>(
    'select order_id, status, steps from saga_instances where order_id = any ($1)',
    [orderIds],
  );
  const sagas = new Map(rows.map(row => [row.order_id, sagaOf(row.status, row.steps)]));
  return orderIds.map(id => sagas.get(id) ?? null);
}

function sagaOf(status: SagaStatus, steps: Step[]): Saga {
  const deadlineMs = deadlineOf({ steps });
  return {
    status,
    step: standsAt({ steps }),
    steps: steps.map(({ name, state, attempt, atMs, detail }) => ({
      name,
      state,
      attempt,
      at: new Date(atMs),
      detail,
    })),
    awaiting: awaited({ steps }),
    deadlineAt: deadlineMs === null ? null : new Date(deadlineMs),
  };
}
