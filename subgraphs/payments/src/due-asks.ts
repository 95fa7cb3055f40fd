import type { Sql } from '@waygraph/kit/database';

/**
 * Orders whose charge or refund the provider has left unanswered, as far as it is time to ask again: `settleCard` is to be called for
 * each. Nobody else gets the same ones until they are due once more: each time later, at most half a minute.
 */
export async function takeDueAsks(sql: Sql, most: number): Promise<string[]> {
  const rows = await sql<{ order_id: string }>(
    `update provider_asks set asked = asked + 1, due_at = now() + least(interval '30 s', interval '2 s' * 2 ^ least(asked, 10))
     where order_id in (
       select order_id from provider_asks where due_at <= now() order by due_at limit $1 for update skip locked
     )
     returning order_id`,
    [most],
  );
  return rows.map(({ order_id: orderId }) => orderId);
}
