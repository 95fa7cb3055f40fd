import { describe, expect, test } from '@jest/globals';
import { unheardOf, type Change, type OrderStock, type Reservation } from './order-stock.ts';
import { answerAgain } from './stock-answer.ts';
import { linesOf } from './testing/some-order.ts';

const lines = linesOf([
  ['p', 's', 2],
  ['q', 's', 1],
]);
const expiresAt = '2026-11-21T09:45:00.000Z';
const fresh = unheardOf({ orderId: 'o', customerId: 'c', sellerIds: ['s'] });
const withOne = (state: Reservation['state'], more: Partial<OrderStock> = {}): OrderStock => {
  const refusal = state === 'REJECTED' ? { lineNos: [2], reason: 'seller paused' } : null;
  return { ...fresh, version: 4, reservations: [{ attempt: 2, state, lines, expiresAt, refusal }], ...more };
};
const ask = (order: OrderStock, step: string, more: { attempt?: number; isUndone?: boolean } = {}) =>
  answerAgain(order, { step, attempt: 2, isUndone: false, ...more });
const told = (change: Change | undefined) => change?.events.map(({ type, seq }) => `${type} ${String(seq)}`);

describe('the present answer is told again, as the next event', () => {
  test.each([
    ['HELD', 'STOCK', 'StockReserved', { lines, expiresAt }],
    ['CONFIRMED', 'STOCK', 'StockReserved', { lines, expiresAt }],
    ['REJECTED', 'STOCK', 'StockRejected', { lineNos: [2], reason: 'seller paused' }],
    ['RELEASED', 'STOCK', 'StockReleased', { lines }],
    ['EXPIRED', 'STOCK', 'ReservationExpired', { lines }],
    ['CONFIRMED', 'CONFIRMATION', 'StockConfirmed', { lines }],
    ['REJECTED', 'CONFIRMATION', 'StockRejected', { lineNos: [2] }],
    ['RELEASED', 'CONFIRMATION', 'StockConfirmationFailed', { reason: 'the stock had been released' }],
    ['EXPIRED', 'CONFIRMATION', 'StockConfirmationFailed', { reason: 'the reservation had expired' }],
  ] as const)('%s to %s: %s', (state, step, type, payload) => {
    const change = ask(withOne(state, { paid: step === 'CONFIRMATION' }), step);
    expect(change?.events).toMatchObject([{ type, seq: 5, payload: { orderId: 'o', attempt: 2, ...payload } }]);
    expect(change).toMatchObject({ moves: [], reservations: [], order: { version: 5 } });
    expect(told(ask(change!.order, step))).toEqual([`${type} 6`]);
  });

  test('without the lines that were lost meanwhile', () => {
    const change = ask(withOne('CONFIRMED', { paid: true, lostLineNos: [1] }), 'CONFIRMATION');
    expect(change?.events).toMatchObject([{ type: 'StockConfirmed', payload: { lines: [lines[1]] } }]);
  });
});

test('who waits for the confirmation knows of the money: what is held is sold', () => {
  const change = ask(withOne('HELD'), 'CONFIRMATION');
  expect(told(change)).toEqual(['StockConfirmed 5']);
  expect(change?.order).toMatchObject({ paid: true, reservations: [{ state: 'CONFIRMED' }] });
});

describe('asked for what is to be undone', () => {
  const isUndone = true;

  test.each(['HELD', 'CONFIRMED'] as const)('it is undone where that did not happen yet: %s', state => {
    const change = ask(withOne(state), 'STOCK', { isUndone });
    expect(change?.events).toMatchObject([{ type: 'StockReleased', payload: { attempt: 2, lines } }]);
    expect(change?.order).toMatchObject({ cancelled: { releasedFor: 2 }, reservations: [{ state: 'RELEASED' }] });
    expect(told(ask(change!.order, 'STOCK', { isUndone, attempt: 1 }))).toEqual(['StockReleased 6']);
  });

  test('what had expired is told to have expired', () => {
    const cancelled = { reason: 'no coupon', releasedFor: null };
    for (const order of [withOne('EXPIRED'), withOne('EXPIRED', { cancelled })])
      expect(told(ask(order, 'STOCK', { isUndone }))).toEqual(['ReservationExpired 5']);
  });

  test('that another attempt had expired is no answer: the one that is undone is answered for itself', () => {
    for (const attempt of [1, 3]) {
      const change = ask(withOne('EXPIRED'), 'STOCK', { isUndone, attempt });
      expect(change?.events).toMatchObject([{ type: 'StockReleased', payload: { attempt, lines } }]);
      expect(change?.moves).toEqual([]);
    }
  });

  test('it is answered also where nothing was ever held, and nothing will be', () => {
    for (const order of [fresh, withOne('REJECTED')]) {
      const change = ask(order, 'STOCK', { isUndone });
      expect(change?.events).toMatchObject([{ type: 'StockReleased', payload: { attempt: 2, lines: [] } }]);
      expect(change?.order.cancelled).toEqual({ reason: 'the order is cancelled', releasedFor: 2 });
      expect(told(ask(change!.order, 'STOCK', { isUndone }))).toEqual([`StockReleased ${String(order.version + 2)}`]);
    }
  });

  test('a confirmation has nothing to undo of its own', () => {
    expect(ask(withOne('CONFIRMED'), 'CONFIRMATION', { isUndone })).toBeUndefined();
  });
});

test('silent about orders, attempts and steps that are not known here', () => {
  expect(ask(fresh, 'STOCK')).toBeUndefined();
  expect(ask(fresh, 'CONFIRMATION')).toBeUndefined();
  expect(ask(withOne('HELD'), 'PAYMENT')).toBeUndefined();
  for (const attempt of [1, 3]) expect(ask(withOne('HELD'), 'STOCK', { attempt })).toBeUndefined();
});
