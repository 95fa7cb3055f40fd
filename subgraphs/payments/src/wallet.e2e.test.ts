import { expect, test } from '@jest/globals';
import { askGateway, tokenFor } from '@waygraph/kit/testing/gateway-client';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import type { Mutation, Query } from './types.generated.ts';

const ask = askGateway<Query & Mutation>;

test('an operator fills a wallet, its customer sees it, nobody else does', async () => {
  const customerId = uniqueId('customer');
  const operator = await tokenFor('operator', 'op');
  const customer = await tokenFor('customer', customerId);
  const topUp = `mutation ($customerId: ID!, $key: String!) {
    topUpWallet(customerId: $customerId, amountMinor: 1500, idempotencyKey: $key) { wallet { balance { amountMinor } } cursor userErrors { code } }
  }`;
  const wallet =
    '{ wallet { customerId balance { amountMinor currency } entries { nodes { at kind amount { amountMinor } } } } }';
  const own = async (token?: string) => (await ask(wallet, {}, token)).data.wallet;

  expect(await own(customer)).toBeNull();
  const variables = { customerId, key: uniqueId('k') };
  expect((await ask(topUp, variables, customer)).data.topUpWallet).toMatchObject({
    wallet: null,
    userErrors: [{ code: 'FORBIDDEN' }],
  });
  const done = await ask(topUp, variables, operator);
  expect(done.data.topUpWallet).toEqual({
    wallet: { balance: { amountMinor: 1500 } },
    cursor: expect.any(String),
    userErrors: [],
  });
  expect(await ask(topUp, variables, operator)).toEqual(done);
  expect(await own(customer)).toEqual({
    customerId,
    balance: { amountMinor: 1500, currency: 'BRL' },
    entries: { nodes: [{ at: expect.stringMatching(/\.\d{3}Z$/), kind: 'TOP_UP', amount: { amountMinor: 1500 } }] },
  });
  expect(await own()).toBeNull();
});

test('a coupon is made by operators only', async () => {
  const mutation = `mutation ($code: String!) { createCoupon(code: $code, percentOff: 10, quota: 3) { code userErrors { code } } }`;
  const code = uniqueId('C');
  expect((await ask(mutation, { code })).data.createCoupon).toEqual({
    code: null,
    userErrors: [{ code: 'FORBIDDEN' }],
  });
  const made = await ask(mutation, { code }, await tokenFor('operator', 'op'));
  expect(made.data.createCoupon).toEqual({ code, userErrors: [] });
});
