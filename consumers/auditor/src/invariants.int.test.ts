import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sql } from '@waygraph/kit/database';
import { serviceNames, type ServiceName } from '@waygraph/schema/services';
import { statement } from './statements.ts';
import { openScratchSchema } from './testing/scratch-schema.ts';

const uuid = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
/** What was told of order `o`, in this order, on one topic. */
const told = (...types: string[]): string =>
  `insert into timeline (order_id, event_id, topic, seq, type) values ${types
    .map((type, at) => `('o', '${uuid(at)}', '${topicOf(type)}', ${String(at + 1)}, '${type}')`)
    .join(', ')}`;
const topicOf = (type: string): string =>
  /^(Order|Saga|Step)/.test(type)
    ? 'order.events'
    : /^(Coupon|Payment)/.test(type)
      ? 'payment.events'
      : 'delivery.events';
const order = (status: string, saga: string, steps = '[]', version = 3): string =>
  `insert into orders (id, customer_id, status, version, placed_at, subtotal_minor, discount_minor)
     values ('o', 'c', '${status}', ${String(version)}, now(), 100, 10);
   insert into saga_instances (order_id, status, steps) values ('o', '${saga}', '${steps}')`;
const step = (name: string, state: string): string => `[{"name": "${name}", "state": "${state}", "attempt": 1}]`;
const line = (lineNo: number, quantity = 2): string =>
  `{"lineNo": ${String(lineNo)}, "productId": "p", "sellerId": "s", "quantity": ${String(quantity)}}`;
const shelf = (available: number, reserved: number, sold: number, received: number): string =>
  `insert into stock (product_id, seller_id, offer_id, available, reserved, sold, received, adjustments)
   values ('p', 's', 'f', ${[available, reserved, sold, received].join(', ')}, 1)`;
const reservation = (attempt: number, state: string, lines: string, expiresAt = 'null'): string =>
  `insert into reservations (order_id, attempt, state, lines, expires_at)
   values ('o', ${String(attempt)}, '${state}', '[${lines}]', ${expiresAt})`;
const stockEvent = (seq: number, type: string, lines: string): string =>
  `insert into outbox (id, topic, key, type, seq, payload)
   values ('${uuid(seq)}', 'stock.events', 'o', '${type}', ${String(seq)}, '{"attempt": 1, "lines": [${lines}]}')`;
const transfer = (n: number, kind: string, sales: number, other: number): string =>
  `insert into transfers (id, kind, order_id) values ('${uuid(n)}', '${kind}', 'o');
   insert into entries (id, transfer_id, account_id, amount_minor)
   values ('${uuid(10 * n)}', '${uuid(n)}', 'sales', ${String(sales)}), ('${uuid(10 * n + 1)}', '${uuid(n)}', 'w', ${String(other)})`;
const account = (balance: number): string =>
  `insert into accounts (id, kind, customer_id, currency, balance_minor) values ('w', 'WALLET', 'c', 'BRL', ${String(balance)}),
     ('sales', 'SYSTEM', null, 'BRL', null)`;
const paid = (amount: number, refunded: number): string =>
  `insert into order_payments (order_id, payment_state, amount_minor, refunded_minor)
   values ('o', 'CAPTURED', ${String(amount)}, ${String(refunded)})`;
const parcel = (n: number, status: string, etaVersion = 1): string =>
  `insert into deliveries (id, order_id, seller_id, status, lines, eta_id, eta_version)
   values ('${uuid(n)}', 'o', 's${String(n)}', '${status}', '[${line(1)}]', '${uuid(100 + n)}', ${String(etaVersion)});
   insert into eta_ledger (id, delivery_id, version) values ('${uuid(100 + n)}', '${uuid(n)}', 1)`;
const key = (id: string, subject = 'customer:c', order_ = 'o'): string =>
  `insert into idempotency (subject, operation, key, response)
   values ('${subject}', 'placeOrder', '${id}', '{"order": {"id": "${order_}"}}')`;

type Case = { rule: string; takes?: readonly unknown[]; holds: string[]; breaks: Record<string, string[]> };
const ids = [['o']];
const whole = told('OrderPlaced', 'OrderReadyForPayment', 'OrderConfirmed');
const cases: Partial<Record<ServiceName, Case[]>> = {
  orders: [
    {
      ...{ rule: 'history-is-legal', takes: ids },
      holds: [
        told(
          'OrderPlaced',
          'OrderReadyForPayment',
          'OrderConfirmed',
          'OrderConfirmed',
          'OrderHandedOver',
          'OrderDelivered',
        ),
      ],
      breaks: {
        'confirmed unpaid': [told('OrderPlaced', 'OrderConfirmed')],
        'begun in the middle': [told('OrderConfirmed')],
        'paid twice': [told('OrderPlaced', 'OrderReadyForPayment', 'OrderReadyForPayment')],
        'cancelled twice': [told('OrderPlaced', 'OrderCancelled', 'OrderCancelled')],
      },
    },
    {
      ...{ rule: 'nothing-after-the-end', takes: ids },
      holds: [told('OrderPlaced', 'OrderCancelling', 'OrderCancelled', 'SagaStuck')],
      breaks: { 'a line dropped afterwards': [told('OrderPlaced', 'OrderCancelled', 'OrderLinesDropped')] },
    },
    {
      ...{ rule: 'nothing-after-its-undoing', takes: ids },
      holds: [told('SellerAssigned', 'DeliveryStarted', 'DeliveryCancelled', 'DeliveryCancelled')],
      breaks: {
        'started after it was cancelled': [told('SellerAssigned', 'DeliveryCancelled', 'DeliveryStarted')],
        'redeemed after it was restored': [told('CouponRedeemed', 'CouponRestored', 'CouponRedeemed')],
        'captured after it was refused': [told('PaymentFailed', 'PaymentCaptured')],
      },
    },
    {
      ...{ rule: 'status-is-the-last-told', takes: ids },
      holds: [whole, order('CONFIRMED', 'RUNNING')],
      breaks: {
        'another version': [whole, order('CONFIRMED', 'RUNNING', '[]', 4)],
        'an end that nobody was told of': [whole, order('CANCELLED', 'COMPENSATED')],
      },
    },
    {
      ...{ rule: 'saga-fits-the-order', takes: [['o', 'p']] },
      holds: [
        order('CANCELLED', 'COMPENSATED', step('STOCK', 'UNDONE')),
        `insert into orders (id, status) values ('p', 'DELIVERED');
         insert into saga_instances (order_id, status, steps) values ('p', 'COMPLETED',
           '[{"name": "STOCK", "state": "STUCK", "attempt": 1}, {"name": "STOCK", "state": "DONE", "attempt": 2}]')`,
      ],
      breaks: {
        'cancelled and running': [order('CANCELLED', 'RUNNING')],
        'ended and stuck': [order('CANCELLED', 'COMPENSATED', step('PAYMENT', 'STUCK'))],
        'ended and owing': [order('CANCELLED', 'COMPENSATED', step('PAYMENT', 'UNDOING'))],
        'delivered and not complete': [order('DELIVERED', 'RUNNING')],
      },
    },
    {
      ...{ rule: 'total-is-its-lines', takes: ids },
      holds: [
        order('PENDING', 'RUNNING'),
        `insert into lines (order_id, quantity, unit_price_minor, status) values ('o', 2, 50, 'ACTIVE')`,
      ],
      breaks: { 'a line that costs and is not counted': [order('PENDING', 'RUNNING')] },
    },
    {
      ...{ rule: 'one-order-per-key', takes: [null] },
      holds: [order('PENDING', 'RUNNING'), key('k')],
      breaks: {
        'no key': [order('PENDING', 'RUNNING')],
        'two keys': [order('PENDING', 'RUNNING'), key('k'), key('l')],
        "another customer's key": [order('PENDING', 'RUNNING'), key('k', 'customer:d')],
      },
    },
    {
      ...{ rule: 'answers-come-in-time', takes: [60] },
      holds: [order('PENDING', 'RUNNING'), `update saga_instances set deadline_at = now() - interval '50 seconds'`],
      breaks: {
        overdue: [order('PENDING', 'RUNNING'), `update saga_instances set deadline_at = now() - interval '70 seconds'`],
      },
    },
  ],
  payments: [
    {
      ...{ rule: 'ledger-sums-to-zero' },
      holds: [account(-100), transfer(1, 'CAPTURE', 100, -100)],
      breaks: { 'money from nowhere': [account(0), transfer(1, 'CAPTURE', 100, -99)] },
    },
    {
      ...{ rule: 'transfers-balance', takes: [null] },
      holds: [transfer(1, 'CAPTURE', 100, -100)],
      breaks: {
        'two that balance only together': [transfer(1, 'CAPTURE', 100, -99), transfer(2, 'CAPTURE', 100, -101)],
      },
    },
    {
      ...{ rule: 'wallets-are-their-entries', takes: [null] },
      holds: [account(30), transfer(1, 'REFUND', -30, 30)],
      breaks: { 'another balance': [account(31), transfer(1, 'REFUND', -30, 30)] },
    },
    {
      ...{ rule: 'paid-is-what-was-booked', takes: ids },
      holds: [paid(100, 30), transfer(1, 'CAPTURE', 100, -100), transfer(2, 'REFUND', -30, 30), refund(30)],
      breaks: {
        'captured twice': [paid(200, 0), transfer(1, 'CAPTURE', 100, -100), transfer(2, 'CAPTURE', 100, -100)],
        'never booked': [paid(100, 0)],
        'refunded too much': [
          paid(100, 130),
          transfer(1, 'CAPTURE', 100, -100),
          transfer(2, 'REFUND', -130, 130),
          refund(130),
        ],
        'refunded and not booked': [paid(100, 30), transfer(1, 'CAPTURE', 100, -100), refund(30)],
      },
    },
    {
      ...{ rule: 'coupons-are-used-by-orders' },
      holds: [coupon(1, 1), redeemed('o')],
      breaks: { 'never given back': [coupon(1, 1)], 'too often': [coupon(2, 1), redeemed('o'), redeemed('q')] },
    },
  ],
  inventory: [
    {
      ...{ rule: 'shelves-close' },
      holds: [shelf(5, 3, 2, 10)],
      breaks: { 'a piece too few': [shelf(5, 3, 1, 10)], 'less than nothing': [shelf(-1, 1, 0, 0)] },
    },
    {
      ...{ rule: 'received-is-what-was-told' },
      holds: [shelf(5, 3, 2, 10), adjusted(10)],
      breaks: { 'another sum': [shelf(5, 3, 2, 10), adjusted(9)] },
    },
    {
      ...{ rule: 'shelves-match-reservations' },
      holds: [shelf(5, 2, 0, 7), reservation(1, 'HELD', line(1)), reservation(2, 'RELEASED', line(1))],
      breaks: {
        'reserved for nobody': [shelf(5, 2, 0, 7)],
        'bought and not sold': [shelf(5, 2, 0, 7), reservation(1, 'CONFIRMED', line(1))],
      },
    },
    {
      ...{ rule: 'one-attempt-has-stock', takes: ids },
      holds: [reservation(1, 'CONFIRMED', line(1)), reservation(2, 'CONFIRMED', line(2))],
      breaks: { 'held twice': [reservation(1, 'HELD', line(1)), reservation(2, 'CONFIRMED', line(1))] },
    },
    {
      ...{ rule: 'holds-end', takes: [60] },
      holds: [reservation(1, 'HELD', line(1), `now() - interval '50 seconds'`)],
      breaks: { 'expired long ago': [reservation(1, 'HELD', line(1), `now() - interval '70 seconds'`)] },
    },
    {
      ...{ rule: 'nothing-after-its-release', takes: [null] },
      holds: [
        stockEvent(1, 'StockReserved', line(1)),
        stockEvent(2, 'StockReleased', line(1)),
        stockEvent(3, 'StockConfirmed', line(2)),
      ],
      breaks: {
        'sold after it went back': [stockEvent(1, 'StockReleased', line(1)), stockEvent(2, 'StockConfirmed', line(1))],
      },
    },
  ],
  routing: [
    {
      ...{ rule: 'parcels-fit-their-route', takes: ids },
      holds: [route('CANCELLED'), parcel(1, 'CANCELLED'), parcel(2, 'LOST')],
      breaks: {
        'a parcel of a closed order': [route('UNAVAILABLE'), parcel(1, 'ASSIGNED')],
        'a line sent twice': [route('STARTED'), parcel(1, 'STARTED'), parcel(2, 'STARTED')],
      },
    },
    {
      ...{ rule: 'estimates-are-kept', takes: ids },
      holds: [parcel(1, 'STARTED')],
      breaks: { 'an estimate that is not kept': [parcel(1, 'STARTED', 2)] },
    },
  ],
};

function refund(amount: number): string {
  return `insert into refunds (order_id, amount_minor, state) values ('o', ${String(amount)}, 'DONE')`;
}
function coupon(used: number, quota: number): string {
  return `insert into coupons (code, used, quota) values ('K', ${String(used)}, ${String(quota)})`;
}
function redeemed(id: string): string {
  return `insert into order_payments (order_id, coupon_code, coupon_state) values ('${id}', 'K', 'REDEEMED')`;
}
function adjusted(delta: number): string {
  return `insert into outbox (topic, key, type, seq, payload) values ('inventory.events', 'f', 'StockAdjusted', 1, '{"delta": ${String(delta)}}')`;
}
function route(state: string): string {
  return `insert into order_routes (order_id, state) values ('o', '${state}')`;
}

describe.each(serviceNames)('%s', service => {
  let schema: Awaited<ReturnType<typeof openScratchSchema>>;
  beforeAll(async () => {
    schema = await openScratchSchema(service);
  });
  afterAll(() => schema.close());

  /** What a rule finds where this was written, and nothing else. */
  async function found(rule: string, takes: readonly unknown[], written: readonly string[]): Promise<unknown[]> {
    const sql: Sql = schema.sql;
    await sql('begin');
    try {
      for (const text of written) await sql(text);
      return await sql(statement(rule), takes);
    } finally {
      await sql('rollback');
    }
  }

  for (const { rule, takes = [], holds, breaks } of cases[service] ?? []) {
    test(`${rule} finds nothing where it holds`, async () => {
      expect(await found(`${service}/${rule}`, takes, holds)).toEqual([]);
    });
    test.each(Object.entries(breaks))(`${rule} finds what is %s`, async (_, written) => {
      expect((await found(`${service}/${rule}`, takes, written)).length).toBeGreaterThan(0);
    });
  }

  const event = (seq: number, day = '2026-11-21', time = '09:00:00') =>
    `insert into outbox (topic, key, type, seq, day, occurred_us) values ('t', 'k', 'x', ${String(seq)}, '${day}',
       extract(epoch from timestamptz '2026-11-21 ${time}Z') * 1e6)`;

  test('events-without-a-gap finds a number that is missing', async () => {
    expect(await found('every/events-without-a-gap', [null], [event(3), event(4)])).toEqual([]);
    expect(await found('every/events-without-a-gap', [null], [event(3), event(5)])).toHaveLength(1);
    expect(await found('every/events-without-a-gap', [null], [event(3), event(3)])).toHaveLength(1);
  });

  test('events-without-a-gap misses no number of a day that is not there any more', async () => {
    // 4 began before midnight, and waited for 3.
    const kept = [event(3, '2026-11-21', '00:00:01'), event(5, '2026-11-21', '00:00:03')];
    expect(await found('every/events-without-a-gap', [null], kept)).toEqual([]);
    expect(await found('every/events-without-a-gap', ['2026-11-21T12:00:00Z'], kept)).toEqual([]);
    const dayBefore = [event(1, '2026-11-20', '00:00:00'), event(2, '2026-11-20', '00:00:00')];
    expect(await found('every/events-without-a-gap', [null], [...dayBefore, ...kept])).toHaveLength(1);
  });
});
