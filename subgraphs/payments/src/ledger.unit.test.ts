import { expect, test } from '@jest/globals';
import { capture, checkTopUp, maySeeWallet, refund, topUp } from './ledger.ts';

test('a top-up takes from cash what it gives the wallet, and tells the balance with its version', () => {
  const { transfer, event } = topUp('t', { customerId: 'c', balanceMinor: 750, version: 5, told: 2 }, 250);
  expect(transfer.entries).toEqual([
    { accountId: 'cash', amountMinor: -250, seq: null, balanceMinor: null },
    { accountId: 'wallet:c', amountMinor: 250, seq: 5, balanceMinor: 750 },
  ]);
  expect(event).toMatchObject({
    topic: 'wallet.events',
    key: 'c',
    seq: 2,
    payload: { customerId: 'c', transferId: 't', amountMinor: 250, balanceMinor: 750, version: 5 },
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

test('a capture and its refund mirror each other, from a wallet as from a card', () => {
  const money = { id: 't', orderId: 'o', amountMinor: 300 };
  const open = { seq: null, balanceMinor: null };
  expect(capture(money, 'c')).toEqual({
    ...{ id: 't', kind: 'CAPTURE', orderId: 'o' },
    entries: [
      { ...open, accountId: 'wallet:c', amountMinor: -300 },
      { ...open, accountId: 'sales', amountMinor: 300 },
    ],
  });
  expect(refund(money, 'c').entries).toEqual([
    { ...open, accountId: 'sales', amountMinor: -300 },
    { ...open, accountId: 'wallet:c', amountMinor: 300 },
  ]);
  expect(capture(money, null).entries[0]).toEqual({ ...open, accountId: 'card', amountMinor: -300 });
  expect(refund(money, null).entries[1]).toEqual({ ...open, accountId: 'card', amountMinor: 300 });
});
