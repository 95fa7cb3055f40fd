import { createPool, sqlOfPool, withTransaction, type Sql } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { confirmStock } from '../confirm-stock.ts';
import { loadCatalogue } from '../load-catalogue.ts';
import { releaseStock } from '../release-stock.ts';
import { reserveStock } from '../reserve-stock.ts';
import { assignedOrder } from './some-order.ts';
import { someCatalogue } from './some-catalogue.ts';

const parties = (orderId: string) => ({ orderId, customerId: 'ana', sellerIds: ['from the fact'] });

/** Orders' deeds on the real database, each in a transaction of its own, and what became of the books. */
export function startOrderStock() {
  const pool = createPool({ url: testEnv('INVENTORY_DATABASE_URL'), max: 12, name: 'order-stock-test' });
  const sql = sqlOfPool(pool);
  const counts: number[] = [];

  const deed = <Result>(work: (sql: Sql) => Promise<Result>) =>
    withTransaction(pool, async inside => {
      let count = 0;
      const result = await work((text, params) => {
        count += 1;
        return inside(text, params);
      });
      counts.push(count);
      return result;
    });

  return {
    sql,
    /** Statements of each deed so far. */
    counts,
    load: (prefix: string, size: Parameters<typeof someCatalogue>[1]) =>
      loadCatalogue({ pool }, someCatalogue(prefix, size)),
    reserve: (...order: Parameters<typeof assignedOrder>) =>
      deed(inside => reserveStock(inside, assignedOrder(...order), { reservationTtlMinutes: 15 })),
    confirm: (orderId: string) => deed(inside => confirmStock(inside, parties(orderId))),
    release: (orderId: string, reason = 'payment failed') =>
      deed(inside => releaseStock(inside, { ...parties(orderId), reason })),
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
