import { createPool, sqlOfPool } from '@waygraph/kit/database';

/** How orders stand, and how long each took, by the database's clock and without a question to the system itself. */
export type SagaEnds = {
  /** From OrderPlaced to OrderConfirmed in ms, of those that are confirmed. */
  confirmedMs: (orderIds: readonly string[]) => Promise<number[]>;
  byStatus: (orderIds: readonly string[]) => Promise<Record<string, number>>;
  close: () => Promise<void>;
};

export function openSagaEnds(ordersUrl: string): SagaEnds {
  const pool = createPool({ url: ordersUrl, max: 1, name: 'bench' });
  const sql = sqlOfPool(pool);
  return {
    confirmedMs: async orderIds => {
      const rows = await sql<{ ms: number }>(
        `select ((confirmed.occurred_us - placed.occurred_us) / 1000.0)::float8 as ms
         from timeline placed join timeline confirmed on confirmed.order_id = placed.order_id and confirmed.type = 'OrderConfirmed'
         where placed.type = 'OrderPlaced' and placed.order_id = any ($1)`,
        [orderIds],
      );
      return rows.map(({ ms }) => ms);
    },
    byStatus: async orderIds => {
      const rows = await sql<{ status: string; count: number }>(
        'select status, count(*)::int as count from orders where id = any ($1) group by status',
        [orderIds],
      );
      return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
    },
    close: () => pool.end(),
  };
}
