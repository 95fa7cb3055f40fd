import { expect, test } from '@jest/globals';
import type { OrderFacts } from './order-facts.ts';
import { judge } from './order-rules.ts';

const patience = { quietS: 5, graceS: 60 };
const line = { lineNo: 1, productId: 'p', quantity: 2, sellerId: 's' };
const delivered: Required<{ [Name in keyof OrderFacts]: NonNullable<OrderFacts[Name]> }> = {
  id: 'o',
  orders: {
    ...{ status: 'DELIVERED', saga: 'COMPLETED', totalMinor: 900, couponCode: 'K', ageS: 10 },
    told: { 'order.events': 5, 'payment.events': 2, 'stock.events': 2, 'delivery.events': 4 },
    lines: [{ ...line, status: 'ACTIVE' }],
    ...{ isAwaited: false, isOwed: false, settledMinor: 0, closed: [] },
  },
  payments: {
    ...{
      version: 2,
      coupon: 'REDEEMED',
      payment: 'CAPTURED',
      capturedMinor: 900,
      refundedMinor: 0,
      settledMinor: 0,
      openRefunds: 0,
      ageS: 10,
    },
  },
  inventory: { version: 2, holds: [{ attempt: 1, state: 'CONFIRMED', lines: [line] }], ageS: 10 },
  routing: { version: 4, state: 'STARTED', parcels: [{ sellerId: 's', status: 'DELIVERED', lines: [line] }], ageS: 10 },
  risk: { version: 0, ageS: 10 },
};
const cancelled = {
  ...delivered,
  orders: { ...delivered.orders, status: 'CANCELLED', saga: 'COMPENSATED' },
  payments: { ...delivered.payments, coupon: 'RESTORED', refundedMinor: 900 },
  inventory: { ...delivered.inventory, holds: [] },
  routing: { ...delivered.routing, parcels: [{ sellerId: 's', status: 'CANCELLED', lines: [line] }] },
};
const rulesOf = (facts: OrderFacts) => {
  const verdict = judge(facts, patience);
  return verdict === 'under way' ? verdict : verdict.map(({ invariant }) => invariant);
};

test('an order that was delivered, or given back whole, breaks no rule', () => {
  expect(judge(delivered, patience)).toEqual([]);
  expect(judge(cancelled, patience)).toEqual([]);
});

test.each<[string, OrderFacts, string]>([
  ['is not known to orders', { ...delivered, orders: undefined }, 'across/order-exists'],
  [
    'was paid too little',
    { ...delivered, payments: { ...delivered.payments, refundedMinor: 1 } },
    'across/money-is-the-total',
  ],
  [
    'was never paid',
    { ...delivered, payments: { ...delivered.payments, payment: 'FAILED', capturedMinor: 0 } },
    'across/money-is-the-total',
  ],
  [
    'has a coupon that was given back',
    { ...delivered, payments: { ...delivered.payments, coupon: 'RESTORED' } },
    'across/coupon-is-used-by-live-orders',
  ],
  [
    'has stock that is only held',
    { ...delivered, inventory: { ...delivered.inventory, holds: [{ attempt: 1, state: 'HELD', lines: [line] }] } },
    'across/stock-is-what-was-bought',
  ],
  [
    'has a line too much sold',
    {
      ...delivered,
      inventory: {
        ...delivered.inventory,
        holds: [{ attempt: 1, state: 'CONFIRMED', lines: [line, { ...line, lineNo: 2 }] }],
      },
    },
    'across/stock-is-what-was-bought',
  ],
  [
    'is in a parcel that is still on its way',
    {
      ...delivered,
      routing: { ...delivered.routing, parcels: [{ sellerId: 's', status: 'IN_TRANSIT', lines: [line] }] },
    },
    'across/parcels-carry-the-lines',
  ],
  [
    "is in another seller's parcel",
    {
      ...delivered,
      routing: { ...delivered.routing, parcels: [{ sellerId: 't', status: 'DELIVERED', lines: [line] }] },
    },
    'across/parcels-carry-the-lines',
  ],
])('a delivered order that %s is found', (_, facts, rule) => {
  expect(rulesOf(facts)).toContain(rule);
});

test.each<[string, OrderFacts, string]>([
  [
    'keeps money',
    { ...cancelled, payments: { ...cancelled.payments, refundedMinor: 899 } },
    'across/money-is-the-total',
  ],
  [
    'keeps its coupon',
    { ...cancelled, payments: { ...cancelled.payments, coupon: 'REDEEMED' } },
    'across/coupon-is-used-by-live-orders',
  ],
  ['keeps stock', { ...cancelled, inventory: delivered.inventory }, 'across/stock-is-what-was-bought'],
  [
    'has a parcel on its way',
    { ...cancelled, routing: { ...cancelled.routing, parcels: [{ sellerId: 's', status: 'STARTED', lines: [line] }] } },
    'across/parcels-carry-the-lines',
  ],
])('a cancelled order that %s is found', (_, facts, rule) => {
  expect(rulesOf(facts)).toEqual([rule]);
});

test('goods of a lost parcel stay sold, whether the order goes on or not', () => {
  const lost = { sellerId: 't', status: 'LOST', lines: [{ lineNo: 2 }] };
  const holds = [{ attempt: 1, state: 'CONFIRMED', lines: [line, { ...line, lineNo: 2 }] }];
  const parcels = [...delivered.routing.parcels, lost];
  expect(
    rulesOf({ ...delivered, inventory: { ...delivered.inventory, holds }, routing: { ...delivered.routing, parcels } }),
  ).toEqual([]);
  const sold = [{ attempt: 1, state: 'CONFIRMED', lines: [{ ...line, lineNo: 2 }] }];
  expect(
    rulesOf({
      ...cancelled,
      inventory: { ...cancelled.inventory, holds: sold },
      routing: { ...cancelled.routing, parcels: [lost] },
    }),
  ).toEqual([]);
});

test('an order is not judged while it moves, waits for an answer, or is in the hands of an operator', () => {
  const broken = { ...delivered, payments: { ...delivered.payments, refundedMinor: 1 } };
  expect(rulesOf({ ...broken, inventory: { ...broken.inventory, ageS: 1 } })).toBe('under way');
  for (const part of [{ isAwaited: true }, { isOwed: true }, { saga: 'NEEDS_OPERATOR' }]) {
    expect(rulesOf({ ...broken, orders: { ...broken.orders, ...part } })).toBe('under way');
  }
  expect(rulesOf({ ...broken, orders: { ...broken.orders, status: 'RESERVED' } })).toBe('under way');
});

const rested = (facts: typeof delivered, ageS: number): OrderFacts => ({
  ...facts,
  orders: { ...facts.orders, ageS },
  payments: { ...facts.payments, ageS },
  inventory: { ...facts.inventory, ageS },
  routing: { ...facts.routing, ageS },
  risk: { ...facts.risk, ageS },
});

test.each(['PENDING', 'ROUTED', 'RESERVED', 'AWAITING_PAYMENT', 'PAID', 'CANCELLING'])(
  'an order that has stopped at %s without a deadline is found when it has rested long enough',
  status => {
    const stopped = { ...delivered, orders: { ...delivered.orders, status, saga: 'RUNNING' } };
    expect(rulesOf(rested(stopped, 59))).toBe('under way');
    expect(rulesOf(rested(stopped, 60))).toEqual(['across/order-goes-on']);
    const awaited = { ...stopped, orders: { ...stopped.orders, isAwaited: true } };
    expect(rulesOf(rested(awaited, 3_600))).toBe('under way');
    const inHand = { ...stopped, orders: { ...stopped.orders, saga: 'NEEDS_OPERATOR' } };
    expect(rulesOf(rested(inHand, 3_600))).toBe('under way');
  },
);

test('something to be undone that nobody asks for again is found', () => {
  const owing = { ...cancelled, orders: { ...cancelled.orders, isOwed: true } };
  expect(rulesOf(rested(owing, 59))).toBe('under way');
  expect(rulesOf(rested(owing, 60))).toEqual(['across/order-goes-on']);
});

test('an order that was settled by hand rests, and is held to what was not', () => {
  const kept = { ...cancelled, payments: { ...cancelled.payments, refundedMinor: 400 } };
  const settled = (settledMinor: number) => ({
    ...kept,
    orders: { ...kept.orders, settledMinor, closed: ['PAYMENT'] },
  });
  expect(rulesOf(settled(500))).toEqual([]);
  expect(rulesOf({ ...kept, orders: { ...kept.orders, closed: ['STOCK'] } })).toEqual(['across/money-is-the-total']);
  expect(rulesOf({ ...settled(500), inventory: delivered.inventory })).toEqual(['across/stock-is-what-was-bought']);
  // Payments knows of it, too, or only payments does.
  expect(rulesOf({ ...settled(500), payments: { ...kept.payments, settledMinor: 500 } })).toEqual([]);
  expect(rulesOf({ ...kept, payments: { ...kept.payments, settledMinor: 500 } })).toEqual([]);
});

test('money that was settled by hand excuses its own sum, and none that is lost besides or later', () => {
  const money = ['across/money-is-the-total'];
  const settled = (facts: typeof delivered, step: string, refundedMinor: number) => ({
    ...facts,
    orders: { ...facts.orders, settledMinor: 200, closed: [step] },
    payments: { ...facts.payments, refundedMinor },
  });
  const of = { ...delivered, orders: { ...delivered.orders, totalMinor: 700 } };
  expect(rulesOf(settled(of, 'REFUND', 0))).toEqual([]);
  expect(rulesOf(settled(of, 'REFUND', 100))).toEqual(money);
  expect(rulesOf(settled(cancelled, 'PAYMENT', 700))).toEqual([]);
  expect(rulesOf(settled(cancelled, 'PAYMENT', 699))).toEqual(money);
  // A refund under way beside the one that was stuck is of the same sum.
  const open = settled(cancelled, 'PAYMENT', 700);
  expect(rulesOf({ ...open, payments: { ...open.payments, openRefunds: 1 } })).toEqual([]);
});

test('a payment that an operator answers for need not be known to payments; one that it knows has to be whole', () => {
  const byHand = { ...delivered, orders: { ...delivered.orders, closed: ['PAYMENT'] } };
  const unpaid = { ...delivered.payments, payment: 'NONE', capturedMinor: 0 };
  expect(rulesOf({ ...byHand, payments: unpaid })).toEqual([]);
  expect(rulesOf({ ...byHand, payments: { ...delivered.payments, capturedMinor: 899 } })).toEqual([
    'across/money-is-the-total',
  ]);
});

test('an event that has not come may still come, but not for ever', () => {
  const facts = (ageS: number) => rested({ ...delivered, payments: { ...delivered.payments, version: 3 } }, ageS);
  expect(rulesOf(facts(59))).toBe('under way');
  expect(rulesOf(facts(60))).toEqual(['across/events-arrive']);
});
