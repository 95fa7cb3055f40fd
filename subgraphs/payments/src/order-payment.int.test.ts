import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { payer, someOrder, topUp } from './testing/some-order.ts';
import { startPayments, type Payments } from './testing/start-payments.ts';

let payments: Payments;
beforeAll(async () => {
  payments = await startPayments();
});
afterAll(() => payments.dispose());

const provider = {
  charge: () => Promise.reject(new Error('no card here')),
  refund: () => Promise.reject(new Error('no card here')),
};
const pay = (order: ReturnType<typeof someOrder>) => payer(payments.pool, provider).capture(order.ready());
const entities = `query ($r: [_Any!]!) { _entities(representations: $r) {
  ... on Order { id payment { id method status amount { amountMinor currency } refunded { amountMinor } reason } }
  ... on Payment { id status }
} }`;
type Viewer = Parameters<Payments['ask']>[0];
type Entity = { id: string; status?: string; payment?: { id: string; status: string } | null } | null;
const ask = async (viewer: Viewer, ...r: object[]) =>
  (await payments.ask(viewer, entities, { r })).data._entities as Entity[];
const operator = { sub: 'op', role: 'operator' } as const;
const asOrder = ({ orderId }: { orderId: string }) => ({ __typename: 'Order', id: orderId });

test('an order’s payment is told as it stands: asked for, captured, given back', async () => {
  const order = someOrder();
  const customer = { sub: order.customerId, role: 'customer' } as const;
  const seen = async () => (await ask(customer, asOrder(order)))[0];
  expect(await seen()).toEqual({ id: order.orderId, payment: null });
  await topUp(payments.pool, order.customerId, 1_500);
  await pay(order);
  const payment = {
    ...{ id: expect.any(String), method: 'WALLET', status: 'CAPTURED', reason: null },
    ...{ amount: { amountMinor: 1_500, currency: 'BRL' }, refunded: { amountMinor: 0 } },
  };
  expect(await seen()).toEqual({ id: order.orderId, payment });
  const { pool } = payments;
  await payer(pool, provider).undo(order.cancelling('PAYMENT'));
  expect(await seen()).toEqual({
    id: order.orderId,
    payment: { ...payment, status: 'REFUNDED', refunded: { amountMinor: 1_500 }, reason: 'nobody has it' },
  });
  const poor = someOrder();
  await pay(poor);
  expect(await ask(operator, asOrder(poor))).toMatchObject([
    { payment: { status: 'FAILED', amount: { amountMinor: 1_500 }, reason: 'the wallet does not hold enough' } },
  ]);
});

test('is there for its customer and operators; for others there is none', async () => {
  const order = someOrder();
  await pay(order);
  const [whole] = await ask(operator, asOrder(order));
  const asPayment = { __typename: 'Payment', id: whole?.payment?.id };
  for (const viewer of [operator, { sub: order.customerId, role: 'customer' }] as const) {
    expect((await ask(viewer, asOrder(order)))[0]?.payment).not.toBeNull();
    expect(await ask(viewer, asPayment)).toEqual([{ id: asPayment.id, status: 'FAILED' }]);
  }
  const others: Viewer[] = [undefined, { sub: 'x', role: 'customer' }, { sub: 's1', role: 'seller' }];
  for (const viewer of others)
    expect(await ask(viewer, asOrder(order), asPayment)).toEqual([{ id: order.orderId, payment: null }, null]);
  const nothing = [
    { __typename: 'Payment', id: 'no uuid' },
    asOrder({ orderId: 'a\0b' }),
    asOrder({ orderId: 'none' }),
  ];
  expect(await ask(operator, ...nothing)).toEqual([null, { id: 'a\0b', payment: null }, { id: 'none', payment: null }]);
});

test('fifty orders’ payments take one statement', async () => {
  const orders = Array.from({ length: 50 }, () => someOrder());
  const statements: unknown[] = [];
  payments.pool.on('acquire', () => statements.push(1));
  await ask(operator, ...orders.map(asOrder));
  expect(statements).toHaveLength(1);
});

test('a ledger names the order that a capture and a refund belong to', async () => {
  const order = someOrder();
  const { pool } = payments;
  await topUp(pool, order.customerId, 1_500);
  await pay(order);
  await payer(pool, provider).undo(order.cancelling('PAYMENT'));
  const { data } = await payments.ask(
    { sub: order.customerId, role: 'customer' },
    '{ wallet { balance { amountMinor } entries { nodes { kind orderId amount { amountMinor } } } } }',
  );
  expect(data.wallet).toEqual({
    balance: { amountMinor: 1_500 },
    entries: {
      nodes: [
        { kind: 'REFUND', orderId: order.orderId, amount: { amountMinor: 1_500 } },
        { kind: 'CAPTURE', orderId: order.orderId, amount: { amountMinor: -1_500 } },
        { kind: 'TOP_UP', orderId: null, amount: { amountMinor: 1_500 } },
      ],
    },
  });
});
