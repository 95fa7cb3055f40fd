import { describe, expect, test } from '@jest/globals';
import type { Estimate } from './parcel.ts';
import { assess, type Fact, type OrderRisk } from './risk.ts';

const promisedAt = '2026-11-25T12:00:00.000Z';
const bought = '2026-11-21T09:30:00.000Z';
const minutesAfter = (minutes: number) => new Date(Date.parse(promisedAt) + minutes * 60_000).toISOString();
const estimate = (deliveryId: string, version: number, late: number, more: Partial<Estimate> = {}): Estimate => ({
  ...{ deliveryId, version, laneId: 'SP>RS', promisedAt, computedAt: bought, expectedAt: minutesAfter(late) },
  ...more,
});
const unknown: OrderRisk = {
  ...{ orderId: 'o', customerId: 'c', sellerIds: [], parcels: [], earlyEnds: [], attempt: 0, cancelled: false },
  ...{ version: 0, assessment: null },
};
const assigned = (attempt: number, ...parcels: Estimate[]): Fact => ({ kind: 'ASSIGNED', attempt, parcels });
const estimated = (parcel: Estimate): Fact => ({ kind: 'ESTIMATED', parcel });
const delivered = (deliveryId: string, late: number): Fact => ({
  ...{ kind: 'DELIVERED', deliveryId, deliveredAt: minutesAfter(late) },
});

/** The order after facts that came a minute apart, and every level that was told. */
function after(...facts: Fact[]) {
  let order = unknown;
  const told: string[] = [];
  for (const [index, fact] of facts.entries()) {
    const at = new Date(Date.parse(bought) + index * 60_000).toISOString();
    const change = assess(order, fact, { at, sellerIds: fact.kind === 'CANCELLED' ? [] : ['s'] });
    order = change?.order ?? order;
    for (const { type, seq, payload } of change?.events ?? []) {
      const { previousLevel, level } = payload as { previousLevel: string; level: string };
      told.push(`${type} ${String(seq)}: ${previousLevel} > ${level}`);
    }
  }
  return { order, told, level: order.assessment?.level, delay: order.assessment?.predictedDelayMinutes };
}

describe('the level of an order', () => {
  test.each([
    [-60, 'LOW'],
    [0, 'LOW'],
    [1, 'ELEVATED'],
    [1440, 'ELEVATED'],
    [1441, 'HIGH'],
  ])('expected %d minutes after its promise: %s', (late, level) => {
    expect(after(assigned(1, estimate('d', 1, late)))).toMatchObject({ level, delay: late });
  });

  test.each([
    [-1, 'LOW'],
    [0, 'LOW'],
    [1, 'CONFIRMED'],
  ])('that came %d minutes after its promise: %s', (late, level) => {
    expect(after(assigned(1, estimate('d', 1, 9_999)), delivered('d', late))).toMatchObject({ level, delay: late });
  });

  test('that has not come when its promise passes is confirmed', () => {
    const late = estimate('d', 1, 90, { computedAt: minutesAfter(1) });
    expect(after(assigned(1, late)).level).toBe('CONFIRMED');
    // Told late, but come in time.
    const intime = estimate('d', 1, -90, { computedAt: minutesAfter(1) });
    expect(after(assigned(1, intime)).level).toBe('LOW');
  });

  test('is that of its worst parcel, whether under way or arrived; its delay is that of its latest', () => {
    const two = assigned(1, estimate('a', 1, 30), estimate('b', 1, 2_000));
    expect(after(two)).toMatchObject({ level: 'HIGH', delay: 2_000 });
    expect(after(two, delivered('a', 5))).toMatchObject({ level: 'CONFIRMED', delay: 2_000 });
    expect(after(two, delivered('a', -5), delivered('b', -5))).toMatchObject({ level: 'LOW', delay: -5 });
  });

  test('without a promise there is nothing to be late for', () => {
    const { order, told } = after(assigned(1, estimate('d', 1, 30, { promisedAt: null })));
    expect(order.assessment).toBeNull();
    expect(told).toEqual([]);
  });
});

describe('what is told', () => {
  test('a level that changes, and nothing else', () => {
    const { told, order } = after(
      assigned(1, estimate('d', 1, -10)),
      estimated(estimate('d', 2, 10)),
      estimated(estimate('d', 3, 20)),
      estimated(estimate('d', 4, 3_000)),
      estimated(estimate('d', 5, -10)),
    );
    expect(told).toEqual([
      'RiskLevelChanged 1: LOW > ELEVATED',
      'RiskLevelChanged 2: ELEVATED > HIGH',
      'RiskLevelChanged 3: HIGH > LOW',
    ]);
    expect(order).toMatchObject({ version: 3, assessment: { level: 'LOW', since: '2026-11-21T09:34:00.000Z' } });
  });

  test('its whole, with why and since when', () => {
    const fact = assigned(1, estimate('d', 1, 90.5));
    expect(assess(unknown, fact, { at: bought, sellerIds: ['s'] })?.events).toEqual([
      {
        ...{ topic: 'delivery.risk', key: 'o', type: 'RiskLevelChanged', v: 1, seq: 1 },
        payload: {
          ...{ orderId: 'o', customerId: 'c', sellerIds: ['s'], level: 'ELEVATED', previousLevel: 'LOW' },
          ...{ predictedDelayMinutes: 90.5, since: bought },
          reason: 'the parcel on SP>RS is expected 91 minutes after its promise',
        },
      },
    ]);
  });

  test('the delay may change while the level stays since it was reached', () => {
    const { order } = after(assigned(1, estimate('d', 1, 10)), estimated(estimate('d', 2, 20)));
    expect(order.assessment).toMatchObject({ predictedDelayMinutes: 20, since: bought });
  });
});

describe('what is no news', () => {
  test.each([
    ['an estimate that is known', estimated(estimate('d', 2, 99))],
    ['an older estimate', estimated(estimate('d', 1, 99))],
    ['an assignment that is known', assigned(1, estimate('d', 9, 99))],
  ])('%s', (_, fact) => {
    const { order } = after(assigned(1, estimate('d', 2, -10)));
    expect(assess(order, fact, { at: bought, sellerIds: [] })).toBeUndefined();
  });

  test('an estimate of a parcel that has arrived or counts no more', () => {
    for (const end of [delivered('d', -10), { kind: 'GONE', deliveryId: 'd' } as const]) {
      const { order } = after(assigned(1, estimate('d', 1, -10)), end);
      expect(assess(order, estimated(estimate('d', 2, 99)), { at: bought, sellerIds: [] })).toBeUndefined();
    }
  });
});

describe('the end of a parcel that nobody knows yet', () => {
  const gone = { kind: 'GONE', deliveryId: 'd' } as const;
  const known = assigned(1, estimate('d', 1, 30));

  test.each([
    ['an arrival', delivered('d', 5)],
    ['a loss or rejection', gone],
  ])('%s is kept, told to nobody, and no news once more', (_, end) => {
    const { order, told } = after(end);
    expect(order).toMatchObject({ earlyEnds: [{ deliveryId: 'd', state: end.kind }], parcels: [], assessment: null });
    expect(told).toEqual([]);
    expect(assess(order, end, { at: bought, sellerIds: [] })).toBeUndefined();
  });

  test.each([
    ['arrives', delivered('d', 5), 'DELIVERED', 'CONFIRMED'],
    ['is gone', gone, 'GONE', undefined],
  ])('a parcel that %s stays so, whether its assignment and estimates come before or after', (_, end, state, level) => {
    const newer = estimated(estimate('d', 2, 99));
    for (const facts of [
      [end, known],
      [end, known, newer],
      [end, newer, known],
      [end, newer, known, newer],
    ]) {
      const { order, ...found } = after(...facts);
      expect(order.parcels.map(parcel => [parcel.deliveryId, parcel.state])).toEqual([['d', state]]);
      expect(found.level).toBe(level);
    }
    expect(after(known, end).order.parcels).toMatchObject([{ deliveryId: 'd', state }]);
  });

  test('an arrival counts by its own time, not by the estimate that comes after it', () => {
    expect(after(delivered('d', -5), known)).toMatchObject({ level: 'LOW', delay: -5, told: [] });
  });
});

describe('parcels that count no more', () => {
  test('an order assigned anew is judged by its new parcels and those that arrived', () => {
    const first = assigned(1, estimate('a', 1, 3_000), estimate('b', 1, -5));
    const second = assigned(2, estimate('c', 1, 10), estimate('b', 2, -5));
    const { order, told, level } = after(first, delivered('b', -5), second);
    expect(level).toBe('ELEVATED');
    expect(told).toEqual(['RiskLevelChanged 1: LOW > HIGH', 'RiskLevelChanged 2: HIGH > ELEVATED']);
    expect(order.parcels.map(({ deliveryId, state }) => `${deliveryId} ${state}`)).toEqual([
      'a GONE',
      'b DELIVERED',
      'c OPEN',
    ]);
  });

  test('a seller may get its parcel back by a later assignment', () => {
    const { order } = after(
      assigned(1, estimate('a', 1, 0)),
      assigned(2, estimate('b', 1, 0)),
      assigned(3, estimate('a', 2, 0)),
    );
    expect(order.parcels.map(({ state }) => state)).toEqual(['OPEN', 'GONE']);
  });

  test('when none is left, nothing can be late', () => {
    const { level, delay } = after(assigned(1, estimate('a', 1, 30)), { kind: 'GONE', deliveryId: 'a' });
    expect([level, delay]).toEqual(['LOW', 0]);
  });

  test('a cancelled order has no risk and hears no more, but keeps its sellers', () => {
    const facts = [assigned(1, estimate('a', 1, 30)), { kind: 'CANCELLED' }] as const;
    const { order, told, level } = after(...facts);
    expect(level).toBe('LOW');
    expect(told).toEqual(['RiskLevelChanged 1: LOW > ELEVATED', 'RiskLevelChanged 2: ELEVATED > LOW']);
    expect(order.sellerIds).toEqual(['s']);
    expect(after(...facts, estimated(estimate('a', 2, 99)), ...facts).order).toEqual(order);
  });

  test('a cancellation that comes first keeps what follows from counting', () => {
    expect(after({ kind: 'CANCELLED' }, assigned(1, estimate('a', 1, 30)))).toMatchObject({
      told: [],
      level: undefined,
    });
  });
});
