import type { Sql } from '@waygraph/kit/database';
import { changeOrderStock, type OrderParties } from './change-order-stock.ts';
import { release, type Change } from './reservation.ts';

/** The order will not be delivered: what it has goes back on the shelves. Runs in the caller's transaction. */
export const releaseStock = (sql: Sql, cancelled: OrderParties & { reason: string }): Promise<Change | undefined> =>
  changeOrderStock(sql, cancelled, [], order => release(order, cancelled.reason));
