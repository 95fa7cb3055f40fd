import { expect, test } from '@jest/globals';
import { addedUp } from '@waygraph/schema/inputs';
import { checkQuote } from './check-quote.ts';

const home = { point: { lat: -30.03, lon: -51.23 }, postalCode: '90010-000', city: 'Porto Alegre', state: 'RS' };
const one = [{ productId: 'p', quantity: 1 }];
const fields = (lines: typeof one, shipTo: typeof home = home): string[] =>
  checkQuote(lines, shipTo).map(({ code, field }) => `${code} ${String(field?.join('.'))}`);

test('what fits passes, at the limits too', () => {
  expect(fields(one)).toEqual([]);
  expect(fields(Array.from({ length: 50 }, (_, i) => ({ productId: String(i), quantity: 10_000 })))).toEqual([]);
  expect(checkQuote(one, { ...home, point: null })).toEqual([]);
  expect(fields(one, { ...home, point: { lat: -90, lon: 180 }, postalCode: '9', city: 'x'.repeat(100) })).toEqual([]);
});

test.each([0, -1, 10_001, 1e9])('a quantity of %d is refused at its line', quantity => {
  expect(fields([...one, { productId: 'q', quantity }])).toEqual(['INVALID_INPUT lines.1.quantity']);
});

test('the same product twice is added up before the limit, and into one line', () => {
  const twice = [...one, { productId: 'q', quantity: 2 }, { productId: 'p', quantity: 9_999 }];
  expect(fields(twice)).toEqual([]);
  expect(addedUp(twice)).toEqual([
    { lineNo: 1, productId: 'p', quantity: 10_000 },
    { lineNo: 2, productId: 'q', quantity: 2 },
  ]);
  expect(fields([...twice, ...one])).toEqual(['INVALID_INPUT lines.3.quantity']);
});

test('one fault is told once, not at the other line of the product again', () => {
  expect(fields([{ productId: 'p', quantity: 1e9 }, ...one])).toEqual(['INVALID_INPUT lines.0.quantity']);
});

test('an address that no order would take is refused: empty texts, halves of characters', () => {
  expect(fields(one, { ...home, postalCode: '', city: '' })).toEqual([
    'INVALID_INPUT shipTo.postalCode',
    'INVALID_INPUT shipTo.city',
  ]);
  expect(fields(one, { ...home, city: '\ud800' })).toEqual(['INVALID_INPUT shipTo.city']);
});

test('no lines and 51 lines are refused', () => {
  expect(fields([])).toEqual(['INVALID_INPUT lines']);
  expect(fields(Array.from({ length: 51 }, (_, i) => ({ productId: String(i), quantity: 1 })))).toEqual([
    'INVALID_INPUT lines',
  ]);
});

test('every fault of an address is told at once', () => {
  const nowhere = {
    ...{ point: { lat: 90.1, lon: -180.1 }, postalCode: 'x'.repeat(21), city: 'a\0b', state: 'rs' },
  };
  expect(fields([{ productId: 'p', quantity: 0 }], nowhere)).toEqual([
    'INVALID_INPUT lines.0.quantity',
    ...['point.lat', 'point.lon', 'postalCode', 'city', 'state'].map(field => `INVALID_INPUT shipTo.${field}`),
  ]);
});
