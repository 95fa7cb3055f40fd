import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { bookTopUps, bookTransfers } from './book-transfers.ts';
import { topUpWallets } from './top-up-wallets.ts';

describe('the ledger, whoever writes it', () => {
  let pool: Pool;
  beforeAll(() => {
    pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 4, name: 'payments-test' });
  });
  afterAll(() => pool.end());

  const inTransaction = <Result>(work: (sql: Sql) => Promise<Result>) => withTransaction(pool, work);
  const openWallet = async (amountMinor: number) => {
    const customerId = uniqueId('customer');
    await inTransaction(sql => bookTopUps(sql, [{ customerId, amountMinor }]));
    return `wallet:${customerId}`;
  };

  test('refuses a transfer that does not sum to zero', async () => {
    const entry = { accountId: 'cash', amountMinor: -5, seq: null, balanceMinor: null };
    const transfer = { id: uuidv7(), kind: 'ADJUSTMENT', orderId: null, entries: [entry] } as const;
    await expect(inTransaction(sql => bookTransfers(sql, [transfer]))).rejects.toThrow('does not sum to zero');
  });

  test('refuses a balance without the entry that made it, and an entry without its balance', async () => {
    const accountId = await openWallet(10);
    const raise = `update accounts set balance_minor = 99, version = version + 1 where id = $1`;
    await expect(inTransaction(sql => sql(raise, [accountId]))).rejects.toThrow('is not that of its last entry');
    const entries = [
      { accountId: 'cash', amountMinor: -5, seq: null, balanceMinor: null },
      { accountId, amountMinor: 5, seq: 2, balanceMinor: 20 },
    ];
    const transfer = { id: uuidv7(), kind: 'ADJUSTMENT', orderId: null, entries } as const;
    await expect(inTransaction(sql => bookTransfers(sql, [transfer]))).rejects.toThrow('does not follow');
  });

  test('refuses a wallet below zero', async () => {
    const accountId = await openWallet(10);
    const take = 'update accounts set balance_minor = balance_minor - 11, version = version + 1 where id = $1';
    await expect(inTransaction(sql => sql(take, [accountId]))).rejects.toThrow('accounts_never_negative');
  });

  test('is only ever added to', async () => {
    const accountId = await openWallet(10);
    for (const change of [
      'delete from entries where account_id = $1',
      'update entries set amount_minor = 1 where account_id = $1',
    ]) {
      await expect(inTransaction(sql => sql(change, [accountId]))).rejects.toThrow('only ever added to');
    }
  });

  test('books many top-ups at once; a repeat books what is missing, and every balance is the fold of its entries', async () => {
    const prefix = uniqueId('bulk');
    const topUps = Array.from({ length: 2_500 }, (_, index) => ({
      customerId: `${prefix}-${String(index % 2_000)}`,
      amountMinor: index + 1,
      idempotencyKey: `${prefix}-${String(index)}`,
    }));
    expect(await topUpWallets({ pool }, topUps.slice(0, 1_200))).toEqual({ booked: 1_200, faults: [] });
    expect(await topUpWallets({ pool }, topUps)).toEqual({ booked: 1_300, faults: [] });
    expect(await topUpWallets({ pool }, topUps)).toEqual({ booked: 0, faults: [] });

    const [books] = await inTransaction(sql =>
      sql(
        `select count(*)::int as wallets, sum(a.balance_minor)::int as money,
                count(*) filter (where a.balance_minor <> (select sum(amount_minor) from entries e where e.account_id = a.id))::int as wrong
         from accounts a where a.customer_id like $1`,
        [`${prefix}-%`],
      ),
    );
    expect(books).toEqual({ wallets: 2_000, money: (2_500 * 2_501) / 2, wrong: 0 });
    const [told] = await inTransaction(sql =>
      sql(`select count(*)::int as n from outbox where topic = 'wallet.events' and key like $1`, [`${prefix}-%`]),
    );
    expect(told).toEqual({ n: 2_500 });
  });

  test('a malformed top-up among many books none of them; a wallet that would overflow costs only itself', async () => {
    const prefix = uniqueId('bulk');
    const good = { customerId: `${prefix}-a`, amountMinor: 5, idempotencyKey: `${prefix}-a` };
    const bad = { customerId: `${prefix}-b`, amountMinor: 0, idempotencyKey: `${prefix}-b` };
    expect(await topUpWallets({ pool }, [good, bad])).toMatchObject({
      booked: 0,
      faults: [{ idempotencyKey: `${prefix}-b` }],
    });
    const most = { customerId: `${prefix}-c`, amountMinor: 2_147_483_647, idempotencyKey: `${prefix}-c` };
    const over = { ...most, idempotencyKey: `${prefix}-d`, amountMinor: 1 };
    expect(await topUpWallets({ pool }, [good, most, over])).toMatchObject({
      booked: 2,
      faults: [{ idempotencyKey: `${prefix}-d` }],
    });
  });
});
