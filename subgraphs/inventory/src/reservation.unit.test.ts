import { describe, expect, test } from '@jest/globals';
import { confirm, release, reserve, type Change, type OrderStock, type Reservation } from './reservation.ts';
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
const fresh: OrderStock = { orderId: 'o', customerId: 'c', sellerIds: [], paid: false, version: 0, reservations: [] };
const told = (change: Change | undefined) => change?.events.map(({ type, seq }) => `${type} ${String(seq)}`);
const states = (change: Change | undefined) =>
  change?.order.reservations.map(({ attempt, state }) => `${String(attempt)} ${state}`);
const withOne = (state: Reservation['state'], more: Partial<OrderStock> = {}): OrderStock => ({
  ...fresh,
  version: 1,
  reservations: [{ attempt: 1, state, lines, expiresAt }],
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
      const later = withOne(state, { reservations: [{ attempt: 2, state, lines, expiresAt }] });
      expect(reserve(later, request(1), shelves)).toBeUndefined();
    },
  );

  test('gives back what an older attempt holds, which counts for the new one', () => {
    const empty = [{ ...shelves[0]!, available: 0 }];
    const change = reserve(withOne('HELD'), request(2), empty);
    expect(states(change)).toEqual(['1 RELEASED', '2 HELD']);
    expect(told(change)).toEqual(['StockReleased 2', 'StockReserved 3']);
    expect(change?.moves).toEqual([]);
    expect(change?.order.version).toBe(3);
  });

  test('gives back what an older attempt holds also when the new one is rejected', () => {
    const change = reserve(withOne('HELD'), { ...request(2), lines: linesOf([['q', 's', 1]]) }, none);
    expect(states(change)).toEqual(['1 RELEASED', '2 REJECTED']);
    expect(told(change)).toEqual(['StockReleased 2', 'StockRejected 3']);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: 3, reserved: -3, sold: 0 }]);
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

describe('release', () => {
  test.each([
    ['HELD', { reserved: -3, sold: 0 }],
    ['CONFIRMED', { reserved: 0, sold: -3 }],
  ] as const)('gives back what is %s, once', (state, moved) => {
    const change = release(withOne(state), 'payment failed');
    expect(states(change)).toEqual(['1 RELEASED']);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: 3, ...moved }]);
    expect(change?.events).toMatchObject([
      { type: 'StockReleased', seq: 2, payload: { attempt: 1, lines, reason: 'payment failed' } },
    ]);
    expect(release(change!.order, 'again')).toBeUndefined();
  });

  test('has nothing to do when nothing is held', () => {
    for (const order of [fresh, withOne('REJECTED'), withOne('EXPIRED')]) expect(release(order, 'x')).toBeUndefined();
  });
});
