import { beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { cities } from './cities.ts';
import { currentShop, sampleShop } from './sample-shop.ts';
import type { SampleShop } from './sample-shop.ts';
import { readStreets } from './streets.ts';
import type { StreetPoint } from './streets.ts';

let streets: StreetPoint[];
let shop: SampleShop;
beforeAll(async () => {
  streets = await readStreets();
  shop = sampleShop({ ...currentShop, streets });
});

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const isInItsCity = ({ city, state, lat, lon }: { city: string; state: string; lat: number; lon: number }): boolean =>
  cities.some(
    ({ name, state: code, box }) =>
      name === city && code === state && lon >= box.west && lon <= box.east && lat >= box.south && lat <= box.north,
  );

describe('the same on every machine', () => {
  test('to the byte', () => {
    // A new hash means that people who have the shop get another one: that takes a new version, not a new hash.
    expect(hash(shop)).toBe('8052497c8af3eb80b805dc85778bd16cd531c56be9ecddea19640ef27583ab91');
    expect(hash(sampleShop({ ...currentShop, streets }))).toBe(hash(shop));
  });

  test('another seed is another shop', () => {
    const other = sampleShop({ ...currentShop, seed: 'another', streets });
    expect(hash(other)).not.toBe(hash(shop));
    expect(other.sellers.map(({ id }) => id)).not.toContain(shop.sellers[0]?.id);
  });

  test('an unknown version is refused', () => {
    expect(() => sampleShop({ ...currentShop, version: 99, streets })).toThrow('sample shop version 99 is not known');
  });
});

describe('plausible', () => {
  test('sizes', () => {
    const { sellers, products, customers, coupons } = shop;
    expect([sellers.length, products.length, customers.length, coupons.length]).toEqual([60, 600, 5_000, 10]);
    expect(sellers.filter(({ state }) => state === 'RS')).toHaveLength(30);
    expect(new Set(products.map(({ category }) => category)).size).toBe(20);
  });

  test('every place is on a street of its city', () => {
    const known = new Set(streets.map(({ street, city, lat, lon }) => [street, city, lat, lon].join()));
    for (const place of [...shop.sellers, ...shop.customers.map(({ address }) => address)]) {
      expect(isInItsCity(place)).toBe(true);
      expect(known).toContain([place.street, place.city, place.lat, place.lon].join());
    }
  });

  test('every product has two to six different sellers, at least one in each city', () => {
    const stateOf = new Map(shop.sellers.map(({ id, state }) => [id, state]));
    for (const { id } of shop.products) {
      const sellers = shop.offers.filter(({ productId }) => productId === id).map(({ sellerId }) => sellerId);
      expect(sellers.length).toBeGreaterThanOrEqual(2);
      expect(sellers.length).toBeLessThanOrEqual(6);
      expect(new Set(sellers).size).toBe(sellers.length);
      expect(new Set(sellers.map(seller => stateOf.get(seller)))).toEqual(new Set(['RS', 'SP']));
    }
  });

  test('every seller sells something, stock is 5 to 200', () => {
    expect(new Set(shop.offers.map(({ sellerId }) => sellerId)).size).toBe(shop.sellers.length);
    for (const { available } of shop.offers) {
      expect(available).toBeGreaterThanOrEqual(5);
      expect(available).toBeLessThanOrEqual(200);
    }
  });

  test('prices are spread over three orders of magnitude, in whole centavos', () => {
    const prices = shop.products.map(({ priceMinor }) => priceMinor).sort((one, other) => one - other);
    expect(prices.every(price => Number.isInteger(price) && price > 0)).toBe(true);
    expect(prices[0]).toBeLessThan(2_000);
    expect(prices[300]).toBeGreaterThan(8_000);
    expect(prices[300]).toBeLessThan(30_000);
    expect(prices.at(-1)).toBeGreaterThan(200_000);
  });

  test('some customers are nearly broke, nobody has nothing', () => {
    const balances = shop.customers.map(({ openingBalanceMinor }) => openingBalanceMinor);
    expect(Math.min(...balances)).toBeGreaterThan(0);
    expect(balances.filter(balance => balance <= 2_000).length).toBeGreaterThan(100);
    expect(balances.every(Number.isInteger)).toBe(true);
  });

  test('names and ids are unique; ids are UUIDv7 in order, those of customers are printable', () => {
    for (const things of [shop.sellers, shop.products]) {
      expect(new Set(things.map(({ name }) => name)).size).toBe(things.length);
    }
    for (const things of [shop.sellers, shop.products, shop.offers]) {
      const ids = things.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(ids.toSorted());
      expect(ids.every(id => uuidV7.test(id))).toBe(true);
    }
    expect(shop.customers[0]?.id).toBe('customer-0001');
    expect(shop.customers.at(-1)?.id).toBe('customer-5000');
  });

  test('a postal code is five and three digits, and stays within a square of about a kilometre', () => {
    const squares = new Map<string, { lat: number; lon: number }>();
    for (const { address } of shop.customers) {
      expect(address.postalCode).toMatch(address.state === 'RS' ? /^9[01]\d{3}-\d{3}$/ : /^0[1-5]\d{3}-\d{3}$/);
      const square = `${address.state}${address.postalCode.slice(0, 5)}`;
      const first = squares.get(square) ?? address;
      squares.set(square, first);
      expect(Math.abs(first.lat - address.lat)).toBeLessThan(0.01);
      expect(Math.abs(first.lon - address.lon)).toBeLessThan(0.01);
    }
  });

  test('coupons: percent and amount, one expired, one with a tiny quota', () => {
    for (const { percentOff, amountOffMinor } of shop.coupons) {
      expect([percentOff, amountOffMinor].filter(value => value !== undefined)).toHaveLength(1);
    }
    const now = Date.now();
    const expired = shop.coupons.filter(({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) < now);
    expect(expired.map(({ code }) => code)).toEqual(['VENCIDO25']);
    expect(Math.min(...shop.coupons.map(({ quota }) => quota))).toBe(2);
  });
});
