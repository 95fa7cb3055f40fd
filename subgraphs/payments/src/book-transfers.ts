import type { Sql } from '@waygraph/kit/database';
import { publish, uuidv7 } from '@waygraph/kit/outbox';
import { currency, largestAmountMinor, topUp, walletAccount, type Transfer, type Wallet } from './ledger.ts';

export type BookedTopUp = { readonly wallet: Wallet; readonly transferId: string };

/**
 * Opens wallets or adds to them, with ledger and events, in the caller's transaction; a handful of statements, however many top-ups.
 * A customer may stand in the list once. A wallet that would grow too large is left as it is: its customer is missing in the answer.
 */
export async function bookTopUps(
  sql: Sql,
  topUps: readonly { customerId: string; amountMinor: number }[],
): Promise<Map<string, BookedTopUp>> {
  // The upsert takes the rows' locks, in the order of ids; version and balance stay true until the commit.
  const rows = await sql<{ customer_id: string; balance_minor: string; version: string }>(
    `insert into accounts as a (id, kind, customer_id, currency, balance_minor)
     select id, 'WALLET', customer_id, $2, amount_minor
     from jsonb_to_recordset($1::jsonb) as given(id text, customer_id text, amount_minor bigint)
     order by id
     on conflict (id) do update
       set balance_minor = a.balance_minor + excluded.balance_minor, version = a.version + 1, updated_at = now()
       where a.balance_minor + excluded.balance_minor <= $3
     returning customer_id, balance_minor, version`,
    [
      JSON.stringify(
        topUps.map(({ customerId, amountMinor }) => ({
          id: walletAccount(customerId),
          customer_id: customerId,
          amount_minor: amountMinor,
        })),
      ),
      currency,
      largestAmountMinor,
    ],
  );
  const wallets = new Map<string, Wallet>();
  for (const row of rows) {
    wallets.set(row.customer_id, {
      customerId: row.customer_id,
      balanceMinor: Number(row.balance_minor),
      version: Number(row.version),
    });
  }
  const booked = topUps.flatMap(({ customerId, amountMinor }) => {
    const wallet = wallets.get(customerId);
    return wallet === undefined ? [] : [{ wallet, ...topUp(uuidv7(), wallet, amountMinor) }];
  });
  await bookTransfers(
    sql,
    booked.map(({ transfer }) => transfer),
  );
  await publish(
    sql,
    booked.map(({ event }) => event),
  );
  return new Map(booked.map(({ wallet, transfer }) => [wallet.customerId, { wallet, transferId: transfer.id }]));
}

/** Writes transfers with their entries; the database refuses what does not sum to zero or follow from the entry before it. */
export async function bookTransfers(sql: Sql, transfers: readonly Transfer[]): Promise<void> {
  const entries = transfers.flatMap(transfer =>
    transfer.entries.map(({ accountId, amountMinor, seq, balanceMinor }) => ({
      id: uuidv7(),
      transfer_id: transfer.id,
      account_id: accountId,
      amount_minor: amountMinor,
      seq,
      balance_minor: balanceMinor,
    })),
  );
  await sql(
    `insert into transfers (id, kind, order_id)
     select id, kind, order_id from jsonb_to_recordset($1::jsonb) as given(id uuid, kind text, order_id text)`,
    [JSON.stringify(transfers.map(({ id, kind, orderId }) => ({ id, kind, order_id: orderId })))],
  );
  await sql(
    `insert into entries (id, transfer_id, account_id, amount_minor, seq, balance_minor)
     select id, transfer_id, account_id, amount_minor, seq, balance_minor
     from jsonb_to_recordset($1::jsonb)
       as given(id uuid, transfer_id uuid, account_id text, amount_minor bigint, seq bigint, balance_minor bigint)`,
    [JSON.stringify(entries)],
  );
}
