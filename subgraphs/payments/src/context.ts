import DataLoader from 'dataloader';
import type { Viewer } from '@waygraph/kit/auth';
import { mutationCursor, type LogPosition } from '@waygraph/kit/cursor';
import { sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import type { Wallet } from './ledger.ts';
import type { Payment } from './order-payment.ts';
import { readPayments, readPaymentsOfOrders } from './read-payments.ts';
import { readWallets } from './read-wallets.ts';

/** What the resolvers of one request share. */
export type Context = {
  readonly viewer: Viewer | undefined;
  readonly pool: Pool;
  readonly sql: Sql;
  readonly wallets: DataLoader<string, Wallet | null>;
  readonly payments: DataLoader<string, Payment | null>;
  readonly paymentsOfOrders: DataLoader<string, Payment | null>;
  cursorOf(position: LogPosition): string;
};

export function createContextFactory(deps: { pool: Pool; cursorSecret: string }) {
  const sql = sqlOfPool(deps.pool);
  return (viewer: Viewer | undefined): Context => ({
    viewer,
    pool: deps.pool,
    sql,
    wallets: new DataLoader(ids => readWallets(sql, ids)),
    payments: new DataLoader(ids => readPayments(sql, ids)),
    paymentsOfOrders: new DataLoader(ids => readPaymentsOfOrders(sql, ids)),
    cursorOf: position => mutationCursor(position, viewer, deps.cursorSecret),
  });
}
