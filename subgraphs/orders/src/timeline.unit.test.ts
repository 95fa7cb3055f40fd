import { expect, test } from '@jest/globals';
import { facts } from './testing/saga-facts.ts';
import { describe as say, sourceOf } from './timeline.ts';

test('says in a few words what happened', () => {
  expect(say(facts.assigned(2))).toBe('s1, s2, attempt 2');
  expect(say(facts.unavailable())).toBe('line 1: nobody has it');
  expect(say(facts.reserved())).toBe('until 2026-11-21T09:30:00.000Z, attempt 1');
  expect(say(facts.redeemed(1234))).toBe('TEN: -BRL 12.34');
  expect(say(facts.captured(900))).toBe('BRL 9.00 by wallet');
  expect(say(facts.handedOver('s1'))).toBe('s1');
  expect(say(facts.confirmed())).toBeNull();
  const order = { orderId: 'o', customerId: 'ana', sellerIds: ['s1'], status: 'CANCELLING' as const, version: 7 };
  const settled = { ...order, attempt: 1, step: 'PAYMENT', resolution: 'DONE_BY_HAND' as const, amountMinor: 900 };
  expect(say({ type: 'StepSettled', data: settled })).toBe('PAYMENT: done by hand, BRL 9.00');
  expect(say({ type: 'StepSettled', data: { ...settled, step: 'STOCK', amountMinor: 0 } })).toBe('STOCK: done by hand');
});

test('names who tells on a topic', () => {
  expect(['order.events', 'stock.events', 'delivery.risk'].map(sourceOf)).toEqual(['orders', 'inventory', 'risk']);
});
