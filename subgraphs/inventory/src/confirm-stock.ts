import type { Sql } from '@waygraph/kit/database';
import { changeOrderStock, type OrderParties } from './change-order-stock.ts';
import { confirm, type Change } from './reservation.ts';

/** The order is paid: what is held for it is sold. Runs in the caller's transaction. */
export const confirmStock = (sql: Sql, paid: OrderParties): Promise<Change | undefined> =>
  changeOrderStock(sql, paid, [], order => confirm(order));
