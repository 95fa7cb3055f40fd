import { expect, test } from '@jest/globals';
import { describeCoupon, discountOf, rejectionOf, sameTerms, type CouponTerms } from './coupon.ts';

const now = new Date('2026-11-21T12:00:00.000Z');
const later = new Date('2026-11-21T12:00:00.001Z');

test('a coupon takes either a percentage or an amount off', () => {
  expect(describeCoupon({ code: 'A-1', percentOff: 10, quota: 1 }, undefined, now)).toEqual({
    code: 'A-1',
    percentOff: 10,
    amountOffMinor: null,
    quota: 1,
    expiresAt: null,
  });
  expect(
    describeCoupon({ code: 'A', amountOffMinor: 5, quota: 1, expiresAt: later.toISOString() }, later, now),
  ).toMatchObject({
    amountOffMinor: 5,
    expiresAt: later,
  });
});

test('everything that is wrong is named at once', () => {
  const wrong = describeCoupon(
    { code: 'a b', percentOff: 0, amountOffMinor: 0, quota: 0, expiresAt: 'x' },
    undefined,
    now,
  );
  expect((wrong as { field: string[] }[]).map(({ field }) => field[0])).toEqual([
    'code',
    'percentOff',
    'percentOff',
    'amountOffMinor',
    'quota',
    'expiresAt',
  ]);
  expect(describeCoupon({ code: 'a', percentOff: 1, quota: 1, expiresAt: now.toISOString() }, now, now)).toMatchObject([
    { field: ['expiresAt'] },
  ]);
});

test('terms are the same when everything but the use is', () => {
  const terms: CouponTerms = { code: 'A', percentOff: 10, amountOffMinor: null, quota: 1, expiresAt: later };
  expect(sameTerms(terms, { ...terms, expiresAt: new Date(later) })).toBe(true);
  for (const other of [
    { percentOff: 11 },
    { quota: 2 },
    { expiresAt: null },
    { percentOff: null, amountOffMinor: 10 },
  ]) {
    expect(sameTerms(terms, { ...terms, ...other })).toBe(false);
  }
});

test.each([
  [10, 1_005, 101], // 100.5 rounds up
  [10, 1_004, 100],
  [1, 49, 0],
  [1, 50, 1],
  [100, 333, 333],
  [50, 2_147_483_647, 1_073_741_824],
])('%d percent off %d takes %d', (percentOff, subtotalMinor, expected) => {
  expect(discountOf({ percentOff, amountOffMinor: null }, subtotalMinor)).toBe(expected);
});

test('an amount off never takes more than there is to pay', () => {
  expect(discountOf({ percentOff: null, amountOffMinor: 500 }, 700)).toBe(500);
  expect(discountOf({ percentOff: null, amountOffMinor: 500 }, 300)).toBe(300);
});

test('a refused coupon says why', () => {
  expect(rejectionOf(undefined)).toBe('there is no such coupon');
  expect(rejectionOf({ expired: true })).toBe('the coupon has expired');
  expect(rejectionOf({ expired: false })).toBe('the coupon is used up');
});
