import type { Sql } from '@waygraph/kit/database';
import { publish, uuidv7 } from '@waygraph/kit/outbox';
import { currency, largestAmountMinor, topUp, walletAccount, type Transfer, type Wallet } from './ledger.ts';
import { walletOf, type WalletRow } from './read-wallets.ts';

export type BookedTopUp = {
  readonly wallet: Wallet;
  readonly transferId: string;
  /** The transaction's time, in ms since 1970. */
  readonly atMs: number;
};

/**
 * Opens wallets or adds to them, with ledger and events, in the caller's transaction; a handful of statements, however many top-ups.
 * A customer may stand in the list once. A wallet that would grow too large is left as it is: its customer is missing in the answer.
 */
export async function bookTopUps(
  sql: Sql,
  topUps: readonly { customerId: string; amountMinor: number }[],
): Promise<Map<string, BookedTopUp>> {
  // The upsert takes the rows' locks, in the order of ids; version and balance stay true until the commit.
  const rows = await sql<WalletRow & { at_ms: number }>(
    `insert into accounts as a (id, kind, customer_id, currency, balance_minor)
     select id, 'WALLET', customer_id, $2, amount_minor
     from jsonb_to_recordset($1::jsonb) as given(id text, customer_id text, amount_minor bigint)
     order by id
     on conflict (id) do update
       set balance_minor = a.balance_minor + excluded.balance_minor, version = a.version + 1, updated_at = now()
       where a.balance_minor + excluded.balance_minor <= $3
     returning customer_id, balance_minor, version, version - untold as told,
       floor(extract(epoch from updated_at) * 1000)::float8 as at_ms`,
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
  const wallets = new Map(rows.map(row => [row.customer_id, walletOf(row)]));
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
  const atMs = rows[0]?.at_ms ?? 0;
  return new Map(
    booked.map(({ wallet, transfer }) => [wallet.customerId, { wallet, transferId: transfer.id, atMs }] as const),
  );
}

const entriesOf = ({ id, entries }: Transfer) =>
  entries.map(({ accountId, amountMinor, seq, balanceMinor }) => ({
    id: uuidv7(),
    transfer_id: id,
    account_id: accountId,
    amount_minor: amountMinor,
    seq,
    balance_minor: balanceMinor,
  }));

/** Writes transfers with their entries; the database refuses what does not sum to zero or follow from the entry before it. */
export async function bookTransfers(sql: Sql, transfers: readonly Transfer[]): Promise<void> {
  await sql(
    `with booked as (
       insert into transfers (id, kind, order_id)
       select id, kind, order_id from jsonb_to_recordset($1::jsonb) as given(id uuid, kind text, order_id text)
     )
     insert into entries (id, transfer_id, account_id, amount_minor, seq, balance_minor)
     select id, transfer_id, account_id, amount_minor, seq, balance_minor
     from jsonb_to_recordset($2::jsonb)
       as given(id uuid, transfer_id uuid, account_id text, amount_minor bigint, seq bigint, balance_minor bigint)`,
    [
      JSON.stringify(transfers.map(({ id, kind, orderId }) => ({ id, kind, order_id: orderId }))),
      JSON.stringify(transfers.flatMap(entriesOf)),
    ],
  );
}
