import { expect, test } from '@jest/globals';
import { checkTopUp, maySeeWallet, topUp } from './ledger.ts';

test('a top-up takes from cash what it gives the wallet, and tells the balance with its version', () => {
  const { transfer, event } = topUp('t', { customerId: 'c', balanceMinor: 750, version: 2 }, 250);
  expect(transfer.entries).toEqual([
    { accountId: 'cash', amountMinor: -250, seq: null, balanceMinor: null },
    { accountId: 'wallet:c', amountMinor: 250, seq: 2, balanceMinor: 750 },
  ]);
  expect(event).toMatchObject({
    topic: 'wallet.events',
    key: 'c',
    seq: 2,
    payload: { customerId: 'c', transferId: 't', amountMinor: 250, balanceMinor: 750, version: 2 },
  });
});

test('everything that is wrong is named at once', () => {
  const fields = (customerId: string, amountMinor: number, idempotencyKey: string) =>
    checkTopUp({ customerId, amountMinor, idempotencyKey }).map(({ field }) => field?.[0]);
  expect(fields('', 0, '')).toEqual(['customerId', 'amountMinor', 'idempotencyKey']);
  expect(fields('c'.repeat(64), 2_147_483_647, 'k')).toEqual([]);
  expect(fields('c', 2_147_483_648, 'k')).toEqual(['amountMinor']);
  expect(fields('c', 0.5, 'k')).toEqual(['amountMinor']);
});

test('a wallet is its customer’s and the operators’ business', () => {
  expect(maySeeWallet({ sub: 'c', role: 'customer' }, 'c')).toBe(true);
  expect(maySeeWallet({ sub: 'x', role: 'operator' }, 'c')).toBe(true);
  for (const actor of [undefined, { sub: 'd', role: 'customer' }, { sub: 'c', role: 'seller' }]) {
    expect(maySeeWallet(actor, 'c')).toBe(false);
  }
});
