import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { quoteDelivery } from './quote-delivery.ts';
import { readWorld, type ReadWorld } from './testing/read-world.ts';

let world: ReadWorld;
beforeAll(async () => {
  world = await readWorld('quote');
  const place = { lat: -33, lon: -48, state: 'RS' };
  await world.sellers({ id: 'a', ...place }, { id: 'b', ...place, lon: -47.9 });
  await world.stock({ lamp: { a: 5, b: 5 }, rug: { b: 1 } });
});
afterAll(() => world.dispose());

const now = new Date('2026-11-21T09:30:00.123Z');
const shipTo = { point: { lat: -33, lon: -48 }, postalCode: '96200-000', city: 'Rio Grande', state: 'RS' };
const quote = (
  lines: Record<string, number>,
  change: object = {},
  role: 'customer' | 'carrier' | 'operator' = 'customer',
) =>
  quoteDelivery(
    {
      ...{
        read: world.read,
        locate: world.locate,
        roadKm: world.roadKm,
        factorOf: () => Promise.resolve(new Map()),
        viewer: { sub: 'c', role },
        now,
      },
    },
    {
      lines: Object.entries(lines).map(([product, quantity]) => ({ productId: world.id(product), quantity })),
      shipTo: { ...shipTo, ...change },
    },
  );

test('says who would deliver what and when, with the parts that make the score', async () => {
  const { userErrors, lines, candidates, locatedBy, expectedAt, earliestAt, latestAt, promisedAt } = await quote({
    ...{ lamp: 2, rug: 1 },
  });
  expect([userErrors, locatedBy]).toEqual([[], 'POINT']);
  expect(lines.map(({ chosen }) => chosen?.sellerId)).toEqual([world.id('b'), world.id('b')]);
  expect(candidates.map(({ sellerId }) => sellerId)).toEqual([world.id('a'), world.id('b')]);
  const chosen = lines[0]!.chosen!;
  const { handlingMinutes, transitMinutes, delayMinutes, penaltyMinutes } = chosen;
  expect(handlingMinutes + transitMinutes + delayMinutes + penaltyMinutes).toBe(chosen.score);
  expect(expectedAt!.getTime() - now.getTime()).toBe((chosen.score - penaltyMinutes) * 60_000);
  expect(earliestAt!.getTime()).toBeLessThan(expectedAt!.getTime());
  expect(promisedAt!.getTime()).toBeGreaterThan(expectedAt!.getTime());
  expect(latestAt!.getTime()).toBeGreaterThan(expectedAt!.getTime());
});

test('gives no dates when a line has no candidate', async () => {
  const { userErrors, lines, expectedAt, promisedAt } = await quote({ lamp: 1, rug: 2 });
  expect([userErrors, expectedAt, promisedAt]).toEqual([[], null, null]);
  expect(lines.map(({ chosen }) => chosen?.sellerId ?? null)).toEqual([world.id('a'), null]);
});

test('is refused as an order would be, with every fault and nothing else', async () => {
  const codes = async (...args: Parameters<typeof quote>) => {
    const { userErrors, lines, candidates, locatedBy } = await quote(...args);
    expect([lines, candidates, locatedBy]).toEqual([[], [], null]);
    return userErrors.map(({ code, field }) => `${code} ${String(field?.join('.'))}`);
  };
  expect(await codes({ lamp: 1 }, {}, 'carrier')).toEqual(['FORBIDDEN undefined']);
  expect(await codes({ lamp: 0, 'no-such': 1 })).toEqual([
    'INVALID_INPUT lines.0.quantity',
    'NOT_FOUND lines.1.productId',
  ]);
  expect(await codes({ lamp: 1 }, { state: 'XX' })).toEqual(['UNSERVED_ADDRESS shipTo.state']);
  expect(await codes({ lamp: 1 }, { point: { lat: 91, lon: 0 } })).toEqual(['INVALID_INPUT shipTo.point.lat']);
  expect(await codes({ lamp: 1e9 }, {}, 'operator')).toEqual(['INVALID_INPUT lines.0.quantity']);
});
