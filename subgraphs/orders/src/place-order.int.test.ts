import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Viewer } from '@waygraph/kit/auth';
import { withTransaction } from '@waygraph/kit/database';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { anInput, customer, operator, placeOrderMutation, startOrders, type Orders } from './testing/start-orders.ts';

describe('placeOrder', () => {
  let orders: Orders;
  let coffee: string;
  let tea: string;
  beforeAll(async () => {
    orders = await startOrders();
    [coffee, tea] = [await orders.product(600), await orders.product(200)];
  });
  afterAll(() => orders.dispose());

  const place = async (viewer: Viewer | undefined, input: unknown) =>
    (await orders.ask(viewer, placeOrderMutation, { input })).data.placeOrder;
  const countOf = async ({ sub }: Viewer) =>
    (await orders.sql('select from orders where customer_id = $1', [sub])).length;
  const refusals = async (input: unknown) => {
    const ana = customer();
    const { order, cursor, userErrors } = await place(ana, input);
    expect([order, cursor, await countOf(ana)]).toEqual([null, null, 0]);
    expect(await orders.sql('select from idempotency where subject = $1', [`customer:${ana.sub}`])).toEqual([]);
    return userErrors.map(({ code, field }) => [code, ...(field ?? [])].join(' '));
  };

  test('places the order, tells it once and says where it stands', async () => {
    const ana = customer();
    const point = { lat: -23.55, lon: -46.63 };
    const shipTo = { point, postalCode: '01001-000', city: 'São Paulo', state: 'SP' };
    const answer = await place(ana, anInput([coffee, tea], { shipTo, couponCode: 'TEN', allowPartial: true }));
    expect(answer).toEqual({
      order: {
        ...{ id: expect.any(String), customerId: ana.sub, status: 'PENDING', version: 1 },
        ...{ placedAt: expect.stringMatching(/\.\d{3}Z$/), subtotal: { amountMinor: 1000, currency: 'BRL' } },
        ...{ discount: { amountMinor: 0 }, total: { amountMinor: 1000 }, couponCode: 'TEN', paymentMethod: 'WALLET' },
        ...{ cancelReason: null, cancelRefused: null, shipTo },
        lines: [
          [coffee, 1, 600],
          [tea, 2, 200],
        ].map(([productId, quantity, amountMinor], index) => ({
          ...{ lineNo: index + 1, productId, name: `Café ${productId}`, quantity, unitPrice: { amountMinor } },
          ...{ status: 'ACTIVE', sellerId: null, product: { id: productId }, seller: null },
        })),
        saga: {
          ...{ status: 'RUNNING', step: 'ASSIGNMENT', awaiting: ['SellerAssigned'], deadlineAt: expect.any(String) },
          steps: [{ name: 'ASSIGNMENT', state: 'WAITING', attempt: 1, at: expect.any(String), detail: null }],
        },
      },
      ...{ cursor: expect.any(String), userErrors: [] },
    });
    const { id, placedAt } = answer.order!;
    expect(await orders.events(id)).toEqual([
      {
        ...{ id: expect.any(String), type: 'OrderPlaced', seq: '1' },
        payload: {
          ...{ orderId: id, customerId: ana.sub, sellerIds: [], status: 'PENDING', version: 1, placedAt, shipTo },
          lines: [
            { lineNo: 1, productId: coffee, quantity: 1, unitPriceMinor: 600 },
            { lineNo: 2, productId: tea, quantity: 2, unitPriceMinor: 200 },
          ],
          ...{ payment: 'WALLET', couponCode: 'TEN', allowPartial: true, subtotalMinor: 1000 },
        },
      },
    ]);
  });

  test('takes two statements: one that reads and one that does it all', async () => {
    await place(customer(), anInput([coffee]));
    orders.statements.length = 0;
    await orders.ask(customer(), 'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }', {
      input: anInput([coffee, tea]),
    });
    expect(orders.statements).toHaveLength(2);
  });

  test('the same product twice is one line', async () => {
    const lines = [2, 5, 3].map((quantity, index) => ({ productId: index === 1 ? tea : coffee, quantity }));
    const { order } = await place(customer(), anInput([], { lines }));
    expect(order?.lines.map(({ lineNo, productId, quantity }) => [lineNo, productId, quantity])).toEqual([
      [1, coffee, 5],
      [2, tea, 5],
    ]);
  });

  test('a key gives the same answer to the same order, however often at once, and refuses another one', async () => {
    const ana = customer();
    const input = anInput([coffee]);
    const answers = await Promise.all([1, 2, 3, 4].map(() => place(ana, input)));
    expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
    expect(answers[3]).toEqual(answers[0]);
    expect(await countOf(ana)).toBe(1);
    const shipTo = { ...input.shipTo, point: null };
    expect(await place(ana, { ...input, shipTo, couponCode: null, allowPartial: false })).toEqual(answers[0]);
    const other = await place(ana, { ...input, payment: 'CARD' });
    expect(other).toMatchObject({
      ...{ order: null, cursor: null },
      userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['input', 'idempotencyKey'] }],
    });
    expect((await place(customer(), input)).order?.id).not.toBe(answers[0]?.order?.id);
  });

  test('a key whose first order is still being placed is waited for, but not for long', async () => {
    const ana = customer();
    const input = anInput([coffee]);
    const asked = performance.now();
    const refused = await withTransaction(orders.pool, async sql => {
      await sql(`insert into idempotency (subject, operation, key, request_hash) values ($1, 'placeOrder', $2, 'x')`, [
        ...[`customer:${ana.sub}`, input.idempotencyKey],
      ]);
      return place(ana, input);
    }).finally(() => orders.sql('delete from idempotency where subject = $1', [`customer:${ana.sub}`]));
    expect(refused).toMatchObject({
      ...{ order: null, cursor: null },
      userErrors: [{ code: 'IN_PROGRESS', field: ['input', 'idempotencyKey'] }],
    });
    expect(performance.now() - asked).toBeGreaterThan(1_900);
    expect((await place(ana, input)).userErrors).toEqual([]);
    expect(await countOf(ana)).toBe(1);
    // Nobody else waits less long for it.
    expect(await orders.sql('show lock_timeout')).toEqual([{ lock_timeout: '0' }]);
  });

  test('whoever waited for a key that came to nothing places the order', async () => {
    const ana = customer();
    const input = anInput([coffee]);
    const waiting = async () =>
      (await orders.sql(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`))
        .length > 0;
    let placing: ReturnType<typeof place> | undefined;
    const given = withTransaction(orders.pool, async sql => {
      await sql(`insert into idempotency (subject, operation, key, request_hash) values ($1, 'placeOrder', $2, 'x')`, [
        ...[`customer:${ana.sub}`, input.idempotencyKey],
      ]);
      placing = place(ana, input);
      await waitFor(waiting);
      throw new Error('given up');
    });
    await expect(given).rejects.toThrow('given up');
    expect((await placing)?.order?.status).toBe('PENDING');
    expect(await countOf(ana)).toBe(1);
  });

  test('no order is taken while the system says that it is overloaded', async () => {
    const ana = customer();
    orders.overload(true);
    const refused = await place(ana, anInput([coffee]));
    orders.overload(false);
    expect(refused).toMatchObject({ order: null, userErrors: [{ code: 'OVERLOADED', field: null }] });
    expect(await countOf(ana)).toBe(0);
    expect((await place(ana, anInput([coffee]))).userErrors).toEqual([]);
  });

  test('a refusal is not remembered: corrected, the same key is good', async () => {
    const ana = customer();
    const input = anInput([coffee]);
    expect((await place(ana, { ...input, lines: [{ productId: uniqueId('none'), quantity: 1 }] })).order).toBeNull();
    expect((await place(ana, input)).userErrors).toEqual([]);
  });

  test('is for customers only', async () => {
    for (const viewer of [undefined, operator, { sub: 's', role: 'seller' }, { sub: 'c', role: 'carrier' }] as const) {
      const { order, userErrors } = await place(viewer, anInput([coffee]));
      expect([order, userErrors]).toMatchObject([null, [{ code: 'FORBIDDEN', field: null }]]);
    }
  });

  test.each<[string, () => Record<string, unknown>, string]>([
    ['no lines', () => ({ lines: [] }), 'INVALID_INPUT input lines'],
    ['51 lines', () => ({ lines: Array(51).fill({ productId: coffee, quantity: 1 }) }), 'INVALID_INPUT input lines'],
    ['quantity 0', () => ({ lines: [{ productId: coffee, quantity: 0 }] }), 'INVALID_INPUT input lines 0 quantity'],
    ['10^9', () => ({ lines: [{ productId: coffee, quantity: 1e9 }] }), 'INVALID_INPUT input lines 0 quantity'],
    [
      'too many in two lines',
      () => ({ lines: [6000, 6000].map(quantity => ({ productId: tea, quantity })) }),
      'INVALID_INPUT input lines 1 quantity',
    ],
    ['an unknown product', () => ({ lines: [{ productId: 'x\0', quantity: 1 }] }), 'NOT_FOUND input lines 0 productId'],
    ['an empty key', () => ({ idempotencyKey: '' }), 'INVALID_INPUT input idempotencyKey'],
    ['a NUL in the key', () => ({ idempotencyKey: 'a\0' }), 'INVALID_INPUT input idempotencyKey'],
    ['a long key', () => ({ idempotencyKey: 'k'.repeat(256) }), 'INVALID_INPUT input idempotencyKey'],
    ['an empty coupon', () => ({ couponCode: '' }), 'INVALID_INPUT input couponCode'],
    ['half a character', () => ({ couponCode: '\ud800' }), 'INVALID_INPUT input couponCode'],
    ...[
      ['a latitude outside the world', { point: { lat: 90.1, lon: 0 } }, 'INVALID_INPUT input shipTo point lat'],
      ['a longitude outside the world', { point: { lat: 0, lon: -181 } }, 'INVALID_INPUT input shipTo point lon'],
      ['no postal code', { postalCode: '' }, 'INVALID_INPUT input shipTo postalCode'],
      ['a long city', { city: 'x'.repeat(101) }, 'INVALID_INPUT input shipTo city'],
      ['a state in words', { state: 'São Paulo' }, 'INVALID_INPUT input shipTo state'],
      ['a state without a hub', { state: 'ZZ' }, 'UNSERVED_ADDRESS input shipTo state'],
    ].map(([what, part, refusal]): [string, () => Record<string, unknown>, string] => [
      what as string,
      () => ({ shipTo: { postalCode: '1', city: 'A', state: 'SP', ...(part as object) } }),
      refusal as string,
    ]),
  ])('refuses %s, naming the field, and keeps nothing', async (_, given, refusal) => {
    expect(await refusals(anInput([coffee], given()))).toEqual([refusal]);
  });

  test('refuses a sum that cannot be told, and everything that is wrong at once', async () => {
    const gold = await orders.product(2_000_000);
    expect(await refusals(anInput([], { lines: [{ productId: gold, quantity: 2000 }] }))).toEqual([
      'INVALID_INPUT input lines',
    ]);
    const lines = [
      { productId: coffee, quantity: 0 },
      { productId: 'nothing', quantity: 1 },
    ];
    const shipTo = { postalCode: '', city: 'A', state: 'ZZ' };
    expect(await refusals(anInput([], { lines, shipTo, idempotencyKey: '' }))).toEqual([
      'INVALID_INPUT input lines 0 quantity',
      'INVALID_INPUT input shipTo postalCode',
      'INVALID_INPUT input idempotencyKey',
      'NOT_FOUND input lines 1 productId',
      'UNSERVED_ADDRESS input shipTo state',
    ]);
  });
});
