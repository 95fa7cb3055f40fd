import { connection, type Connection, type Page } from '@waygraph/kit/connection';
import type { Sql } from '@waygraph/kit/database';
import { badUserInput } from '@waygraph/kit/graphql-errors';
import { walletAccount, type LedgerEntry, type TransferKind, type Wallet } from './ledger.ts';

/** Page cursors of ledger entries say that they are. */
export const ledgerList = 'ledger';

export type WalletRow = { customer_id: string; balance_minor: string; version: string; told: string };

export const walletOf = (row: WalletRow): Wallet => ({
  customerId: row.customer_id,
  balanceMinor: Number(row.balance_minor),
  version: Number(row.version),
  told: Number(row.told),
});

/** Wallets in the order of the customers given; null: never topped up. */
export async function readWallets(sql: Sql, customerIds: readonly string[]): Promise<(Wallet | null)[]> {
  const rows = await sql<WalletRow>(
    'select customer_id, balance_minor, version, version - untold as told from accounts where customer_id = any ($1)',
    [customerIds.filter(id => !id.includes('\0'))],
  );
  const wallets = new Map(rows.map(row => [row.customer_id, walletOf(row)]));
  return customerIds.map(id => wallets.get(id) ?? null);
}

/** A page of a wallet's ledger, newest first. */
export async function listEntries(sql: Sql, customerId: string, page: Page): Promise<Connection<LedgerEntry>> {
  const after = page.after === undefined ? null : Number(page.after);
  if (after !== null && !Number.isSafeInteger(after))
    throw badUserInput('after: expected a cursor of this list', 'after');
  const rows = await sql<{
    id: string;
    seq: string;
    at_ms: number;
    amount_minor: string;
    kind: TransferKind;
    order_id: string | null;
  }>(
    `select e.id, e.seq, (extract(epoch from t.created_at) * 1000)::float8 as at_ms, e.amount_minor, t.kind, t.order_id
     from entries e join transfers t on t.id = e.transfer_id
     where e.account_id = $1 and e.seq < coalesce($2::bigint, 9223372036854775807)
     order by e.seq desc limit $3`,
    [walletAccount(customerId), after, page.first + 1],
  );
  const [before] =
    after === null
      ? []
      : await sql('select from entries where account_id = $1 and seq >= $2 limit 1', [
          walletAccount(customerId),
          after,
        ]);
  const entries = rows.map(row => ({
    id: row.id,
    seq: Number(row.seq),
    at: new Date(row.at_ms),
    amountMinor: Number(row.amount_minor),
    kind: row.kind,
    orderId: row.order_id,
  }));
  return connection(ledgerList, entries, page, { key: ({ seq }) => String(seq), hasPrevious: before !== undefined });
}
