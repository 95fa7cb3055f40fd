import { expect, test } from '@jest/globals';
import { handlingOf, knownCities, lanesOf, postalCodesOf } from './geography.ts';
import { currentShop } from './sample-shop.ts';

const lanes = lanesOf(currentShop.seed);
const lane = (id: string) => lanes.find(({ laneId }) => laneId === id)!;

test('there is a lane between any two hubs, with a spread that holds the middle', () => {
  expect(lanes).toHaveLength(27 * 27);
  expect(new Set(lanes.map(({ laneId }) => laneId)).size).toBe(27 * 27);
  for (const { q05, q50, q938, q95, medianMinutes } of lanes) {
    expect(medianMinutes).toBeGreaterThan(0);
    expect([q05 > 0, q05 <= 1, q50 === 1, q938 >= 1, q95 >= q938]).toEqual([true, true, true, true, true]);
  }
});

test('far lanes take longer; only those of the shop have been measured', () => {
  expect(lane('SP>RJ').medianMinutes).toBeLessThan(lane('SP>BA').medianMinutes);
  expect(lane('SP>BA').medianMinutes).toBeLessThan(lane('RS>RR').medianMinutes);
  expect(lane('RJ>RJ').medianMinutes).toBeLessThan(lane('RJ>SP').medianMinutes);
  expect(lanes.filter(({ orders }) => orders > 0).map(({ laneId }) => laneId)).toEqual([
    ...['RS>RS', 'RS>SP', 'SP>RS', 'SP>SP'],
  ]);
});

test('the same seed gives the same figures', () => {
  expect(lanesOf(currentShop.seed)).toEqual(lanes);
  expect(lanesOf('another')).not.toEqual(lanes);
  const sellers = Array.from({ length: 60 }, (_, index) => ({ id: `seller-${String(index)}` })) as never;
  const handling = handlingOf(currentShop.seed, { sellers });
  expect(handlingOf(currentShop.seed, { sellers })).toEqual(handling);
  expect(handling.length).toBeGreaterThan(40);
  expect(handling.length).toBeLessThan(60);
});

test('a postal code lies in the middle of the addresses that share its first five digits', () => {
  const customer = (postalCode: string, lat: number) =>
    ({
      address: { postalCode, state: 'RS', lat, lon: -51, street: '', city: '' },
      id: '',
      openingBalanceMinor: 1,
    }) as const;
  const customers = [customer('90010-001', -30), customer('90010-999', -31), customer('90015-000', -32)];
  expect(postalCodesOf({ customers })).toEqual([
    { state: 'RS', prefix: '90010', lat: -30.5, lon: -51 },
    { state: 'RS', prefix: '90015', lat: -32, lon: -51 },
  ]);
  expect(knownCities.filter(({ state }) => state === 'RS').map(({ name }) => name)).toContain('Pelotas');
});
