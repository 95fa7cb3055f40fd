import type { Viewer } from '@waygraph/kit/auth';
import { connection, type Connection, type Page } from '@waygraph/kit/connection';
import type { Sql } from '@waygraph/kit/database';
import { badUserInput } from '@waygraph/kit/graphql-errors';
import type { Order } from './order.ts';
import { orderColumns, orderOf, type OrderRow } from './read-orders.ts';

/** Page cursors of stuck sagas say that they are. */
export const stuckList = 'stuck';

/** A cursor's place: since when, in ms, and the order's id. */
function placeOf(after: string): { sinceMs: number; id: string } {
  const [, ms, id] = /^(\d{1,14})_([\w-]{1,64})$/.exec(after) ?? [];
  if (ms === undefined || id === undefined) throw badUserInput('after: expected a cursor of this list', 'after');
  return { sinceMs: Number(ms), id };
}

/** Sagas that wait for an operator since a step got stuck, or for a machine beyond its deadline. */
const stuck = `select s.order_id, floor(extract(epoch from s.deadline_at) * 1000)::bigint as since_ms
    from saga_instances s
    where s.is_timed and s.deadline_at <= now() and s.status <> 'NEEDS_OPERATOR'
  union all
  select s.order_id, (
      select min((step ->> 'atMs')::numeric)::bigint from jsonb_array_elements(s.steps) as step where step ->> 'state' = 'STUCK')
    from saga_instances s where s.status = 'NEEDS_OPERATOR'`;

/** A page of the orders whose saga does not get on by itself, the longest first; none but for operators. */
export async function listStuckSagas(sql: Sql, viewer: Viewer | undefined, page: Page): Promise<Connection<Order>> {
  const after = page.after === undefined ? undefined : placeOf(page.after);
  const rows =
    viewer?.role === 'operator'
      ? await sql<OrderRow & { since_ms: string; has_previous: boolean }>(
          `with stuck as (${stuck})
           select ${orderColumns}, stuck.since_ms,
             exists (select from stuck p where (p.since_ms, p.order_id) <= ($1::bigint, $2::text)) as has_previous
           from stuck join orders o on o.id = stuck.order_id
           where $1::bigint is null or (stuck.since_ms, stuck.order_id) > ($1::bigint, $2::text)
           order by stuck.since_ms, stuck.order_id
           limit $3`,
          [after?.sinceMs ?? null, after?.id ?? null, page.first + 1],
        )
      : [];
  const sinceMs = new Map(rows.map(row => [row.id, row.since_ms]));
  return connection(stuckList, rows.map(orderOf), page, {
    key: ({ id }) => `${sinceMs.get(id) ?? ''}_${id}`,
    hasPrevious: rows[0]?.has_previous ?? after !== undefined,
  });
}
