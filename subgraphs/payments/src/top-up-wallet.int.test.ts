import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { startPayments, type Payments } from './testing/start-payments.ts';

const mutation = `mutation ($customerId: ID!, $amountMinor: Int!, $key: String!) {
  topUpWallet(customerId: $customerId, amountMinor: $amountMinor, idempotencyKey: $key) {
    wallet { customerId balance { amountMinor currency } } cursor userErrors { code field }
  }
}`;
const wallet = `query ($customerId: ID, $first: Int! = 20, $after: String) { wallet(customerId: $customerId) {
  balance { amountMinor }
  entries(first: $first, after: $after) {
    nodes { id at amount { amountMinor currency } kind orderId } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
} }`;
const operator = { sub: 'op', role: 'operator' } as const;

describe('topUpWallet', () => {
  let payments: Payments;
  beforeAll(async () => {
    payments = await startPayments();
  });
  afterAll(() => payments.dispose());

  type Asking = Parameters<Payments['ask']>[0];
  const topUp = async (viewer: Asking, customerId: string, amountMinor: number, key = uniqueId('k')) =>
    (await payments.ask(viewer, mutation, { customerId, amountMinor, key })).data.topUpWallet;
  const events = (customerId: string) =>
    payments.sql(`select seq, payload from outbox where topic = 'wallet.events' and key = $1 order by seq`, [
      customerId,
    ]);

  test('opens the wallet, adds to it, tells each change once; a repeated key gives the same answer', async () => {
    const customerId = uniqueId('customer');
    const key = uniqueId('k');
    const answer = await topUp(operator, customerId, 500, key);
    expect(answer).toEqual({
      wallet: { customerId, balance: { amountMinor: 500, currency: 'BRL' } },
      cursor: expect.any(String),
      userErrors: [],
    });
    expect((await topUp(operator, customerId, 250)).wallet?.balance.amountMinor).toBe(750);
    expect(await topUp(operator, customerId, 500, key)).toEqual(answer);
    expect(await events(customerId)).toMatchObject([
      { seq: '1', payload: { amountMinor: 500, balanceMinor: 500, version: 1 } },
      { seq: '2', payload: { amountMinor: 250, balanceMinor: 750, version: 2 } },
    ]);
  });

  test('many at once: every amount counts once', async () => {
    const customerId = uniqueId('customer');
    const keys = Array.from({ length: 10 }, () => uniqueId('k'));
    await Promise.all([...keys, ...keys].map(key => topUp(operator, customerId, 7, key)));
    expect((await payments.ask(operator, wallet, { customerId })).data.wallet?.balance.amountMinor).toBe(70);
    expect((await events(customerId)).map(({ seq }) => Number(seq))).toEqual(
      Array.from({ length: 10 }, (_, index) => index + 1),
    );
  });

  test.each([
    ['', 1, 'k', 'customerId'],
    ['x'.repeat(65), 1, 'k', 'customerId'],
    ['a\0b', 1, 'k', 'customerId'],
    ['\ud800', 1, 'k', 'customerId'],
    ['c', 0, 'k', 'amountMinor'],
    ['c', -5, 'k', 'amountMinor'],
    ['c', 1, '', 'idempotencyKey'],
    ['c', 1, 'k'.repeat(256), 'idempotencyKey'],
    ['c', 1, '\udfff', 'idempotencyKey'],
  ])('refuses (%j, %d, %j), naming %s', async (customerId, amountMinor, key, field) => {
    expect(await topUp(operator, customerId, amountMinor, key)).toEqual({
      wallet: null,
      cursor: null,
      userErrors: [{ code: 'INVALID_INPUT', field: [field] }],
    });
  });

  test('refuses a key that was used otherwise, and a wallet that would overflow', async () => {
    const customerId = uniqueId('customer');
    const key = uniqueId('k');
    await topUp(operator, customerId, 2_147_483_647, key);
    expect((await topUp(operator, customerId, 1, key)).userErrors).toEqual([
      { code: 'IDEMPOTENCY_CONFLICT', field: ['idempotencyKey'] },
    ]);
    expect((await topUp(operator, customerId, 1)).userErrors).toEqual([
      { code: 'INVALID_INPUT', field: ['amountMinor'] },
    ]);
    expect((await payments.ask(operator, wallet, { customerId })).data.wallet?.entries.nodes).toHaveLength(1);
  });

  test('is for operators only', async () => {
    const customerId = uniqueId('customer');
    for (const viewer of [undefined, { sub: customerId, role: 'customer' }, { sub: 's', role: 'seller' }] as const) {
      expect((await topUp(viewer, customerId, 1)).userErrors).toEqual([{ code: 'FORBIDDEN', field: null }]);
    }
    expect((await payments.ask(operator, wallet, { customerId })).data.wallet).toBeNull();
  });

  test('a wallet is seen by its customer and operators; for others it is not there', async () => {
    const customerId = uniqueId('customer');
    await topUp(operator, customerId, 42);
    const balance = async (viewer: Asking, variables = {}) =>
      (await payments.ask(viewer, wallet, variables)).data.wallet?.balance.amountMinor;
    expect(await balance({ sub: customerId, role: 'customer' })).toBe(42);
    expect(await balance({ sub: customerId, role: 'customer' }, { customerId })).toBe(42);
    expect(await balance(operator, { customerId })).toBe(42);
    expect(await balance({ sub: 'somebody-else', role: 'customer' }, { customerId })).toBeUndefined();
    expect(await balance({ sub: customerId, role: 'seller' }, { customerId })).toBeUndefined();
    expect(await balance(undefined, { customerId })).toBeUndefined();
    expect(await balance(undefined)).toBeUndefined();
    expect(await balance(operator, { customerId: 'a\0b' })).toBeUndefined();
    const entity = await payments.ask(
      { sub: 'somebody-else', role: 'customer' },
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Wallet { balance { amountMinor } } } }',
      { r: [{ __typename: 'Wallet', customerId }] },
    );
    expect(entity.data._entities).toEqual([null]);
  });

  test('its entries come newest first, page by page', async () => {
    const customerId = uniqueId('customer');
    for (const amountMinor of [1, 2, 3, 4, 5]) await topUp(operator, customerId, amountMinor);
    const page = async (variables: object) =>
      (await payments.ask({ sub: customerId, role: 'customer' }, wallet, { ...variables })).data.wallet!.entries;
    const first = await page({ first: 2 });
    expect(first.nodes).toMatchObject(
      [5, 4].map(amountMinor => ({ amount: { amountMinor, currency: 'BRL' }, kind: 'TOP_UP', orderId: null })),
    );
    expect(first.nodes[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const last = await page({ first: 3, after: first.pageInfo.endCursor });
    expect(last.nodes.map(({ amount }) => amount.amountMinor)).toEqual([3, 2, 1]);
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });

    for (const bad of [
      { first: 0 },
      { first: 101 },
      { after: 'x' },
      { after: Buffer.from('ledger:x').toString('base64url') },
    ]) {
      const { data, errors } = await payments.ask({ sub: customerId, role: 'customer' }, wallet, bad);
      expect(data.wallet).toBeNull();
      expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    }
  });
});
