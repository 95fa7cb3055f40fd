import { expect, test } from '@jest/globals';
import { changeStatus, mayManage } from './seller.ts';

test('another status is a new version with its event', () => {
  expect(changeStatus({ id: 's', status: 'ACTIVE', version: 3 }, 'PAUSED')).toMatchObject({
    seller: { id: 's', status: 'PAUSED', version: 4 },
    event: {
      topic: 'inventory.events',
      type: 'SellerStatusChanged',
      key: 's',
      seq: 4,
      payload: { sellerId: 's', status: 'PAUSED', version: 4 },
    },
  });
});

test('the status it has is no change', () => {
  expect(changeStatus({ id: 's', status: 'PAUSED', version: 3 }, 'PAUSED')).toBeUndefined();
});

test.each([
  [undefined, false],
  [{ sub: 's', role: 'seller' }, true],
  [{ sub: 'other', role: 'seller' }, false],
  [{ sub: 's', role: 'customer' }, false],
  [{ sub: 's', role: 'carrier' }, false],
  [{ sub: 'anybody', role: 'operator' }, true],
])('%j may manage seller s: %j', (actor, may) => {
  expect(mayManage(actor, 's')).toBe(may);
});
