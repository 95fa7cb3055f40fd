import { describe, expect, test } from '@jest/globals';
import { unheardOf, type Change, type OrderStock, type Reservation } from './order-stock.ts';
import { cancel, drop, lose } from './stock-return.ts';
import { linesOf } from './testing/some-order.ts';

const lines = linesOf([
  ['p', 's', 2],
  ['p', 's', 1],
]);
const fresh = unheardOf({ orderId: 'o', customerId: 'c', sellerIds: ['s'] });
const answer = (attempt: number, state: Reservation['state']): Reservation => ({
  ...{ attempt, state, lines, expiresAt: '2026-11-21T09:45:00.000Z' },
  refusal: state === 'REJECTED' ? { lineNos: [1], reason: 'out of stock' } : null,
});
const withOne = (state: Reservation['state'], more: Partial<OrderStock> = {}): OrderStock => ({
  ...{ ...fresh, version: 1, reservations: [answer(1, state)] },
  ...more,
});
const states = (change: Change | undefined) =>
  change?.order.reservations.map(({ attempt, state }) => `${String(attempt)} ${state}`);
const told = (change: Change | undefined) =>
  change?.events.map(({ type, payload }) => `${type} ${String((payload as { attempt: number }).attempt)}`);

describe('cancel', () => {
  test.each([
    ['HELD', { reserved: -3, sold: 0 }],
    ['CONFIRMED', { reserved: 0, sold: -3 }],
  ] as const)('gives back what is %s, and answers the attempt it was asked for, once', (state, moved) => {
    const change = cancel(withOne(state), 'payment failed', { undoFor: 2 });
    expect(states(change)).toEqual(['1 RELEASED']);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: 3, ...moved }]);
    expect(change?.events).toMatchObject([
      { type: 'StockReleased', seq: 2, payload: { attempt: 2, lines, reason: 'payment failed' } },
    ]);
    expect(cancel(change!.order, 'again', { undoFor: 2 })).toBeUndefined();
    expect(cancel(change!.order, 'again')).toBeUndefined();
  });

  test('without being asked for the stock it gives back what is held, and leaves what is sold', () => {
    const held = cancel(withOne('HELD'), 'late');
    expect([states(held), told(held)]).toEqual([['1 RELEASED'], ['StockReleased 1']]);
    const sold = cancel(withOne('CONFIRMED'), 'all lost');
    expect([states(sold), told(sold), sold?.moves]).toEqual([['1 CONFIRMED'], [], []]);
  });

  test('what is sold goes back unasked when it is certain that nothing is on its way', () => {
    const change = cancel(withOne('CONFIRMED'), 'no answer', { atSellers: true });
    expect([states(change), told(change)]).toEqual([['1 RELEASED'], ['StockReleased 1']]);
  });

  test('behind a rejection it gives back what stayed sold, for nobody asks for that', () => {
    const order = { ...withOne('CONFIRMED'), reservations: [answer(1, 'CONFIRMED'), answer(2, 'REJECTED')] };
    const change = cancel(order, 'nobody has it');
    expect([states(change), told(change)]).toEqual([['1 RELEASED', '2 REJECTED'], ['StockReleased 1']]);
  });

  test('answers also when everything went back before, but not when it had expired: that was told', () => {
    const change = cancel(withOne('RELEASED'), 'no coupon', { undoFor: 1 });
    expect(change?.events).toMatchObject([{ type: 'StockReleased', payload: { attempt: 1, lines } }]);
    expect(change?.moves).toEqual([]);
    const expired = cancel(withOne('EXPIRED'), 'no coupon', { undoFor: 1 });
    expect([told(expired), expired?.order.cancelled]).toEqual([[], { reason: 'no coupon', releasedFor: null }]);
  });

  test('that an older or a later attempt had expired is no answer to the one that is undone', () => {
    for (const undoFor of [2, 4]) {
      const order = { ...withOne('EXPIRED'), reservations: [answer(3, 'EXPIRED'), answer(5, 'REJECTED')] };
      const change = cancel(order, 'no coupon', { undoFor });
      expect([told(change), change?.moves]).toEqual([[`StockReleased ${String(undoFor)}`], []]);
      expect(cancel(change!.order, 'no coupon', { undoFor })).toBeUndefined();
    }
  });

  test('of an order that nothing is known of it remembers that it is over, and says so to who waits for it', () => {
    for (const order of [fresh, withOne('REJECTED')]) {
      const over = cancel(order, 'no coupon');
      expect([told(over), over?.moves]).toEqual([[], []]);
      expect(over?.order.cancelled).toEqual({ reason: 'no coupon', releasedFor: null });
      expect(cancel(over!.order, 'no coupon')).toBeUndefined();
      for (const before of [order, over!.order]) {
        const change = cancel(before, 'no coupon', { undoFor: 1 });
        expect(change?.events).toMatchObject([{ type: 'StockReleased', payload: { attempt: 1, lines: [] } }]);
        expect([change?.moves, change?.order.cancelled]).toEqual([[], { reason: 'no coupon', releasedFor: 1 }]);
        expect(cancel(change!.order, 'no coupon', { undoFor: 1 })).toBeUndefined();
      }
    }
  });

  test('the second of two cancellations does what the first was not asked for', () => {
    const first = cancel(withOne('CONFIRMED'), 'cancelled');
    const second = cancel(first!.order, 'cancelled', { undoFor: 1 });
    expect([states(second), told(second)]).toEqual([['1 RELEASED'], ['StockReleased 1']]);
  });

  test('what is lost stays sold', () => {
    const change = cancel(withOne('CONFIRMED', { lostLineNos: [1] }), 'nobody has the rest', { undoFor: 1 });
    expect(change?.order.reservations).toMatchObject([{ state: 'CONFIRMED', lines: [lines[0]] }]);
    expect(change?.moves).toEqual([{ productId: 'p', sellerId: 's', available: 1, reserved: 0, sold: -1 }]);
    expect(change?.events).toMatchObject([{ type: 'StockReleased', payload: { lines: [lines[1]] } }]);
  });
});

describe('drop', () => {
  test.each(['HELD', 'CONFIRMED'] as const)('gives back those lines of what is %s and keeps the others', state => {
    const change = drop(withOne(state), [2, 7], 'nobody has it');
    expect(change?.order.reservations).toMatchObject([{ attempt: 1, state, lines: [lines[0]] }]);
    expect(change?.events).toMatchObject([
      { type: 'StockReleased', payload: { attempt: 1, lines: [lines[1]], reason: 'nobody has it' } },
    ]);
    expect(change?.moves).toMatchObject([{ available: 1 }]);
    expect(drop(change!.order, [2, 7], 'again')).toBeUndefined();
    expect(states(drop(change!.order, [1], 'the rest'))).toEqual(['1 RELEASED']);
  });

  test('has nothing to do where nothing is held, or where it is lost', () => {
    for (const order of [fresh, withOne('EXPIRED'), withOne('CONFIRMED', { lostLineNos: [1] })])
      expect(drop(order, [1], 'x')).toBeUndefined();
  });
});

test('lines are lost once, and nothing moves', () => {
  const change = lose(withOne('CONFIRMED'), [2, 1]);
  expect(change).toMatchObject({ order: { lostLineNos: [1, 2], version: 1 }, moves: [], events: [] });
  expect(lose(change!.order, [1])).toBeUndefined();
});
