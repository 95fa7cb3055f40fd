import { createPool, sqlOfPool, withTransaction } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { expireReservations } from '../expire-reservations.ts';
import { loadCatalogue } from '../load-catalogue.ts';
import { settleStock } from '../settle-stock.ts';
import type { StockFact } from '../stock-fact.ts';
import { someCatalogue } from './some-catalogue.ts';
import { type assignedOrder, facts } from './some-order.ts';

/** Orders' deeds on the real database, each in a transaction of its own, and what became of the books. */
export function startOrderStock({ connections = 12 } = {}) {
  const pool = createPool({ url: testEnv('INVENTORY_DATABASE_URL'), max: connections, name: 'order-stock-test' });
  const sql = sqlOfPool(pool);
  const counts: number[] = [];

  const settle = (...told: StockFact[]) =>
    withTransaction(pool, async inside => {
      let count = 0;
      const result = await settleStock(
        (text, params) => {
          count += 1;
          return inside(text, params);
        },
        told,
        { reservationTtlMinutes: 15 },
      );
      counts.push(count);
      return result;
    });

  return {
    sql,
    /** Statements of each deed so far. */
    counts,
    load: (prefix: string, size: Parameters<typeof someCatalogue>[1]) =>
      loadCatalogue({ pool }, someCatalogue(prefix, size)),
    /** Facts that come together share a transaction. */
    settle,
    reserve: (...order: Parameters<typeof assignedOrder>) => settle(facts.assigned(...order)),
    confirm: (orderId: string) => settle(facts.captured(orderId)),
    /** Cancelled, with the stock to be undone. */
    release: (orderId: string, reason = 'payment failed') => settle(facts.cancelling(orderId, { reason })),
    expire: () => expireReservations(pool),
    /** Moves an order's reservation into the past. */
    age: (orderIds: readonly string[]) =>
      sql(
        `update reservations set expires_at = now() - interval '1 second' where order_id = any($1) and state = 'HELD'`,
        [orderIds],
      ),
    /** While `work` runs, somebody is at the order. */
    whileLocked: (orderId: string, work: () => Promise<void>) =>
      withTransaction(pool, async inside => {
        await inside('select from order_stock where order_id = $1 for update', [orderId]);
        await work();
      }),
    /** What was told about an order, in the order of `seq`. */
    told: async (orderId: string) =>
      sql<{ type: string; seq: number; payload: Record<string, unknown> }>(
        `select type, seq::int, payload from outbox where topic = 'stock.events' and key = $1 order by outbox.seq`,
        [orderId],
      ),
    shelf: async (productId: string, sellerId: string) =>
      (
        await sql<{ available: number; reserved: number; sold: number; received: number; version: number }>(
          `select available, reserved, sold, received, version::int from stock where product_id = $1 and seller_id = $2`,
          [productId, sellerId],
        )
      )[0],
    dispose: () => pool.end(),
  };
}

export type OrderStockUnderTest = ReturnType<typeof startOrderStock>;
