import { describe, expect, test } from '@jest/globals';
import { unheardOf, type Change, type OrderStock, type Reservation } from './order-stock.ts';
import { confirm, expire, reserve } from './reservation.ts';
import type { Shelf } from './shelf.ts';
import { linesOf } from './testing/some-order.ts';

const expiresAt = '2026-11-21T09:45:00.000Z';
const lines = linesOf([
  ['p', 's', 2],
  ['p', 's', 1],
]);
const shelves: Shelf[] = [{ productId: 'p', sellerId: 's', available: 3, sellerActive: true }];
const none: Shelf[] = [];
const request = (attempt = 1) => ({ attempt, sellerIds: ['s'], lines, expiresAt });
const fresh = unheardOf({ orderId: 'o', customerId: 'c', sellerIds: [] });
const told = (change: Change | undefined) => change?.events.map(({ type, seq }) => `${type} ${String(seq)}`);
const states = (change: Change | undefined) =>
  change?.order.reservations.map(({ attempt, state }) => `${String(attempt)} ${state}`);
const withOne = (state: Reservation['state'], more: Partial<OrderStock> = {}): OrderStock => ({
  ...fresh,
  version: 1,
  reservations: [{ attempt: 1, state, lines, expiresAt, refusal: null }],
  ...more,
});

describe('reserve', () => {
  test('holds all lines of the attempt, one move per shelf', () => {
    const change = reserve(fresh, request(), shelves);
    expect(states(change)).toEqual(['1 HELD']);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: -3, reserved: 3, sold: 0 }]);
    expect(change?.events).toEqual([
      {
        topic: 'stock.events',
        key: 'o',
        type: 'StockReserved',
        v: 1,
        seq: 1,
        payload: { orderId: 'o', customerId: 'c', sellerIds: ['s'], attempt: 1, lines, expiresAt },
      },
    ]);
  });

  test('or none of them, and says which lines lack', () => {
    const change = reserve(fresh, request(), none);
    expect(states(change)).toEqual(['1 REJECTED']);
    expect(change?.moves).toEqual([]);
    expect(change?.events).toMatchObject([
      { type: 'StockRejected', seq: 1, payload: { attempt: 1, lineNos: [1, 2], reason: 'not offered' } },
    ]);
  });

  test.each(['HELD', 'CONFIRMED', 'REJECTED', 'RELEASED', 'EXPIRED'] as const)(
    'an attempt that is answered (%s), or overtaken by a later one, is not answered again',
    state => {
      expect(reserve(withOne(state), request(1), shelves)).toBeUndefined();
      const later = withOne(state, { reservations: [{ attempt: 2, state, lines, expiresAt, refusal: null }] });
      expect(reserve(later, request(1), shelves)).toBeUndefined();
    },
  );

  test('keeps what an older attempt holds and the new one names unchanged, without telling that anything went back', () => {
    const empty = [{ ...shelves[0]!, available: 0 }];
    const change = reserve(withOne('HELD'), request(2), empty);
    expect(states(change)).toEqual(['1 RELEASED', '2 HELD']);
    expect(told(change)).toEqual(['StockReserved 2']);
    expect(change?.moves).toEqual([]);
    expect(change?.order.version).toBe(2);
  });

  test('gives back what an older attempt holds and the new one does not name, which counts for the new one', () => {
    const empty = [{ ...shelves[0]!, available: 0 }];
    const asked = [lines[0]!, { ...lines[1]!, lineNo: 3 }];
    const change = reserve(withOne('HELD'), { ...request(2), lines: asked }, empty);
    expect(states(change)).toEqual(['1 RELEASED', '2 HELD']);
    expect(change?.events).toMatchObject([
      { type: 'StockReleased', seq: 2, payload: { attempt: 1, lines: [lines[1]], reason: 'assigned anew' } },
      { type: 'StockReserved', seq: 3, payload: { attempt: 2, lines: asked } },
    ]);
    expect(change?.moves).toEqual([]);
  });

  test('gives back what an older attempt holds also when the new one is rejected', () => {
    const asked = [lines[0]!, ...linesOf([['q', 's', 1]]).map(line => ({ ...line, lineNo: 2 }))];
    const change = reserve(withOne('HELD'), { ...request(2), lines: asked }, none);
    expect(states(change)).toEqual(['1 RELEASED', '2 REJECTED']);
    expect(told(change)).toEqual(['StockReleased 2', 'StockRejected 3']);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: 3, reserved: -3, sold: 0 }]);
    expect(change?.order.reservations.at(-1)?.refusal).toEqual({ lineNos: [2], reason: 'not offered' });
  });

  test('what is sold and named unchanged stays sold although the new attempt is rejected, for it may be on its way', () => {
    const sold = withOne('CONFIRMED', { paid: true });
    const other = linesOf([['q', 's', 1]]).map(line => ({ ...line, lineNo: 2 }));
    const rejected = reserve(sold, { ...request(2), lines: [lines[0]!, ...other] }, none);
    expect(states(rejected)).toEqual(['1 CONFIRMED', '2 REJECTED']);
    expect(rejected?.events).toMatchObject([
      { type: 'StockReleased', payload: { attempt: 1, lines: [lines[1]] } },
      { type: 'StockRejected', payload: { attempt: 2, lineNos: [2] } },
    ]);
    expect(rejected?.moves).toEqual([{ productId: 'p', sellerId: 's', available: 1, reserved: 0, sold: -1 }]);
    const last = reserve(rejected!.order, { ...request(3), lines: [lines[0]!] }, none);
    expect(states(last)).toEqual(['1 RELEASED', '2 REJECTED', '3 CONFIRMED']);
    expect(told(last)).toEqual(['StockReserved 4', 'StockConfirmed 5']);
    expect(last?.moves).toEqual([]);
  });

  test('a line that is kept is not blamed for another that wants the same shelf', () => {
    const order = withOne('CONFIRMED', { paid: true });
    const greedy = { ...request(2), lines: [{ ...lines[0]!, quantity: 3 }, lines[1]!] };
    expect(reserve(order, greedy, [{ ...shelves[0]!, available: 0 }])?.events.at(-1)).toMatchObject({
      type: 'StockRejected',
      payload: { lineNos: [1] },
    });
  });

  test('nothing is taken for an order that is over, and its shelves are left alone', () => {
    const over = { ...fresh, cancelled: { reason: 'late', releasedFor: null } };
    const change = reserve(over, request(), shelves);
    expect(states(change)).toEqual(['1 REJECTED']);
    expect(change?.moves).toEqual([]);
    expect(change?.events).toMatchObject([
      { type: 'StockRejected', payload: { attempt: 1, lineNos: [1, 2], reason: 'the order is cancelled' } },
    ]);
  });

  test('what is lost stays sold, with whichever attempt has the rest, and is not told again', () => {
    const lost = withOne('CONFIRMED', { paid: true, lostLineNos: [1] });
    const other = linesOf([['q', 's', 1]]).map(line => ({ ...line, lineNo: 2 }));
    const change = reserve(lost, { ...request(2), lines: other }, [{ ...shelves[0]!, productId: 'q' }]);
    expect(states(change)).toEqual(['1 RELEASED', '2 CONFIRMED']);
    expect(change?.order.reservations.at(-1)?.lines).toEqual([...other, lines[0]]);
    expect(change?.events).toMatchObject([
      { type: 'StockReleased', payload: { attempt: 1, lines: [lines[1]] } },
      { type: 'StockReserved', payload: { attempt: 2, lines: other } },
      { type: 'StockConfirmed', payload: { attempt: 2, lines: other } },
    ]);
    expect(change?.moves).toEqual([
      { productId: 'p', sellerId: 's', available: 1, reserved: 0, sold: -1 },
      { productId: 'q', sellerId: 's', available: -1, reserved: 0, sold: 1 },
    ]);
  });

  test('buys at once for an order that is paid', () => {
    const change = reserve(withOne('REJECTED', { paid: true }), request(2), shelves);
    expect(states(change)).toEqual(['1 REJECTED', '2 CONFIRMED']);
    expect(told(change)).toEqual(['StockReserved 2', 'StockConfirmed 3']);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: -3, reserved: 0, sold: 3 }]);
  });
});

describe('confirm', () => {
  test('sells what is held, once', () => {
    const change = confirm(withOne('HELD'));
    expect(states(change)).toEqual(['1 CONFIRMED']);
    expect(told(change)).toEqual(['StockConfirmed 2']);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: 0, reserved: -3, sold: 3 }]);
    expect(confirm(change!.order)).toBeUndefined();
  });

  test.each([
    ['RELEASED', 'the stock had been released'],
    ['EXPIRED', 'the reservation had expired'],
  ] as const)('fails, once, when the reservation is %s', (state, reason) => {
    const change = confirm(withOne(state));
    expect(change?.moves).toEqual([]);
    expect(change?.events).toMatchObject([
      { type: 'StockConfirmationFailed', seq: 2, payload: { attempt: 1, reason } },
    ]);
    expect(confirm(change!.order)).toBeUndefined();
  });

  test('before anything is held the money is remembered, and nothing told', () => {
    for (const order of [fresh, withOne('REJECTED')]) {
      expect(confirm(order)).toMatchObject({ order: { paid: true, version: order.version }, events: [], moves: [] });
    }
  });
});

describe('expire', () => {
  const endMs = Date.parse(expiresAt);

  test('gives back what is held when its time has come, once, and not before', () => {
    expect(expire(withOne('HELD'), endMs - 1)).toBeUndefined();
    const change = expire(withOne('HELD'), endMs);
    expect(states(change)).toEqual(['1 EXPIRED']);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: 3, reserved: -3, sold: 0 }]);
    expect(change?.events).toMatchObject([{ type: 'ReservationExpired', seq: 2, payload: { attempt: 1, lines } }]);
    expect(expire(change!.order, endMs)).toBeUndefined();
  });

  test('what is sold, or gone, does not expire', () => {
    for (const state of ['CONFIRMED', 'REJECTED', 'RELEASED', 'EXPIRED'] as const)
      expect(expire(withOne(state), endMs)).toBeUndefined();
  });
});
