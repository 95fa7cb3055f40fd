import type { Sql } from '@waygraph/kit/database';
import type { OrderStatus } from './order.ts';
import { awaited, deadlineOf, standsAt, type Step } from './saga-state.ts';
import type { SagaStatus } from './saga-table.ts';
import type { Saga } from './types.generated.ts';

/** Sagas in the order of the orders' ids given; null: there is none. */
export async function readSagas(sql: Sql, orderIds: readonly string[]): Promise<(Saga | null)[]> {
  const rows = await sql<{ order_id: string; saga_status: SagaStatus; status: OrderStatus; steps: Step[] }>(
    `select s.order_id, s.status as saga_status, o.status, s.steps from saga_instances s join orders o on o.id = s.order_id
     where s.order_id = any ($1)`,
    [orderIds],
  );
  const sagas = new Map(rows.map(row => [row.order_id, sagaOf(row.saga_status, row)]));
  return orderIds.map(id => sagas.get(id) ?? null);
}

function sagaOf(status: SagaStatus, order: { status: OrderStatus; steps: Step[] }): Saga {
  const deadlineMs = deadlineOf(order);
  return {
    status,
    step: standsAt(order),
    steps: order.steps.map(({ name, state, attempt, atMs, detail }) => ({
      name,
      state,
      attempt,
      at: new Date(atMs),
      detail,
    })),
    awaiting: awaited(order),
    deadlineAt: deadlineMs === null ? null : new Date(deadlineMs),
  };
}
