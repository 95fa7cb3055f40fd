import { describe, expect, test } from '@jest/globals';
import { adjustStock, availableOf, checkAdjustment, openOffer, type Adjustment, type Offer } from './stock.ts';

const offer: Offer = {
  offerId: 'o',
  productId: 'p',
  sellerId: 's',
  available: 10,
  reserved: 3,
  sold: 2,
  received: 15,
  version: 7,
  adjustments: 4,
};
const booksClose = ({ available, reserved, sold, received }: Offer) => available + reserved + sold === received;

describe('adjustStock', () => {
  test.each([5, -10, -1, 1_000_000])('by %d: the books close, the event is the next adjustment', delta => {
    const { offer: next, event } = adjustStock(offer, delta) as Adjustment;
    expect(next).toMatchObject({ available: 10 + delta, reserved: 3, sold: 2, version: 8, adjustments: 5 });
    expect(booksClose(next)).toBe(true);
    expect(event).toMatchObject({
      topic: 'inventory.events',
      type: 'StockAdjusted',
      key: 'o',
      seq: 5,
      payload: { offerId: 'o', productId: 'p', sellerId: 's', delta, available: 10 + delta, reserved: 3, version: 8 },
    });
  });

  test('what is reserved or sold cannot be taken', () => {
    expect(adjustStock(offer, -11)).toEqual({
      code: 'OUT_OF_STOCK',
      message: 'only 10 can be taken',
      field: ['delta'],
    });
  });

  test('a number that the table cannot hold is refused', () => {
    expect(adjustStock({ ...offer, available: 2_147_483_640, received: 2_147_483_645 }, 10)).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('checkAdjustment', () => {
  const fields = (delta: number, idempotencyKey: string) =>
    checkAdjustment({ delta, idempotencyKey }).map(({ field }) => field?.[0]);
  test('names everything that is wrong at once', () => {
    expect(fields(0, '')).toEqual(['delta', 'idempotencyKey']);
    expect(fields(1.5, 'k')).toEqual(['delta']);
    expect(fields(-1_000_000, 'k'.repeat(255))).toEqual([]);
    expect(fields(1_000_000, 'k')).toEqual([]);
    expect(fields(1_000_001, 'a\0')).toEqual(['delta', 'idempotencyKey']);
  });
});

test('a new offer tells its first stock as its first adjustment', () => {
  const { offer: opened, event } = openOffer({ offerId: 'o', productId: 'p', sellerId: 's', available: 4 });
  expect(booksClose(opened)).toBe(true);
  expect(event).toMatchObject({ seq: 1, payload: { delta: 4, available: 4, reserved: 0, version: 1 } });
});

test('what can be bought is the sum, as far as an Int reaches', () => {
  expect(availableOf([])).toBe(0);
  expect(availableOf([offer, offer])).toBe(20);
  const most = { ...offer, available: 2_000_000_000 };
  expect(availableOf([most, most])).toBe(2_147_483_647);
});
