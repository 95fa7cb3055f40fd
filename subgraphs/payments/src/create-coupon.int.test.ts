import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { loadCoupons } from './load-coupons.ts';
import { startPayments, type Payments } from './testing/start-payments.ts';

const mutation = `mutation ($code: String!, $percentOff: Int, $amountOffMinor: Int, $quota: Int!, $expiresAt: DateTime) {
  createCoupon(code: $code, percentOff: $percentOff, amountOffMinor: $amountOffMinor, quota: $quota, expiresAt: $expiresAt) {
    code userErrors { code field }
  }
}`;
const operator = { sub: 'op', role: 'operator' } as const;

describe('createCoupon', () => {
  let payments: Payments;
  beforeAll(async () => {
    payments = await startPayments();
  });
  afterAll(() => payments.dispose());

  const create = async (variables: object, viewer: Parameters<Payments['ask']>[0] = operator) =>
    (await payments.ask(viewer, mutation, { quota: 5, ...variables })).data.createCoupon;

  test('makes it once; the same again is no change, other terms are a conflict', async () => {
    const code = uniqueId('C');
    const terms = { code, percentOff: 10, expiresAt: '2099-01-01T00:00:00.000Z' };
    expect(await create(terms)).toEqual({ code, userErrors: [] });
    expect(await create({ ...terms, expiresAt: '2098-12-31T22:00:00-02:00' })).toEqual({ code, userErrors: [] });
    expect(await create({ ...terms, percentOff: 11 })).toEqual({
      code: null,
      userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['code'] }],
    });
    const rows = await payments.sql('select percent_off, amount_off_minor, quota, used from coupons where code = $1', [
      code,
    ]);
    expect(rows).toEqual([{ percent_off: 10, amount_off_minor: null, quota: 5, used: 0 }]);
  });

  test.each([
    [{ code: '', percentOff: 1 }, 'code'],
    [{ code: 'with space', percentOff: 1 }, 'code'],
    [{ code: 'x'.repeat(65), percentOff: 1 }, 'code'],
    [{}, 'percentOff'],
    [{ percentOff: 1, amountOffMinor: 1 }, 'percentOff'],
    [{ percentOff: 0 }, 'percentOff'],
    [{ percentOff: 101 }, 'percentOff'],
    [{ amountOffMinor: 0 }, 'amountOffMinor'],
    [{ percentOff: 1, quota: 0 }, 'quota'],
    [{ percentOff: 1, expiresAt: '2020-01-01T00:00:00.000Z' }, 'expiresAt'],
    [{ percentOff: 1, expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ percentOff: 1, expiresAt: '9999-12-31T23:59:59-01:00' }, 'expiresAt'],
    [{ percentOff: 1, expiresAt: '2099-02-30T00:00:00Z' }, 'expiresAt'],
  ])('refuses %j, naming %s', async (given, field) => {
    expect(await create({ code: uniqueId('C'), ...given })).toEqual({
      code: null,
      userErrors: [{ code: 'INVALID_INPUT', field: [field] }],
    });
  });

  test('is for operators only', async () => {
    const given = { code: uniqueId('C'), percentOff: 10 };
    for (const viewer of [
      { sub: 'c', role: 'customer' },
      { sub: 's', role: 'seller' },
    ] as const) {
      expect((await create(given, viewer)).userErrors).toEqual([{ code: 'FORBIDDEN', field: null }]);
    }
    expect(await payments.sql('select from coupons where code = $1', [given.code])).toEqual([]);
  });

  test('many come in at once, expired ones too; a repeat changes nothing', async () => {
    const codes = [uniqueId('C'), uniqueId('C')];
    const coupons = [
      { code: codes[0]!, percentOff: 5, quota: 10 },
      { code: codes[1]!, amountOffMinor: 900, quota: 1, expiresAt: '2020-01-01T00:00:00.000Z' },
    ];
    expect(await loadCoupons(payments, coupons)).toBe(2);
    expect(await loadCoupons(payments, coupons)).toBe(0);
    expect(await loadCoupons(payments, [{ ...coupons[0]!, percentOff: 6 }, coupons[1]!])).toBe(1);
  });
});
