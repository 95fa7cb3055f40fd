import { describe, expect, test } from '@jest/globals';
import { decideCancel, tellAgain, tombstoneOf } from './cancellation.ts';
import { cancelAll, lastOpenEta } from './order-route.ts';
import { loseParcel, rejectParcel } from './parting.ts';
import { someRoute } from './testing/some-route.ts';

const asked = { reason: 'changed my mind' };
type Order = ReturnType<typeof someRoute>;
const types = (order: Order) => order.told.map(({ type }) => type);

function confirmed(): Order {
  const order = someRoute([1, 2]);
  order.assign({ a: [1], b: [2] });
  order.confirm();
  return order;
}

describe('the customer calls an order off', () => {
  test('nothing handed over: all parcels end, once, and nothing begins any more', () => {
    const order = confirmed();
    order.apply(decideCancel(order.route, order.deliveries, asked));
    expect(order.told.at(-1)).toMatchObject({ type: 'DeliveryCancelled', payload: { attempt: 1, ...asked } });
    expect(order.statuses()).toEqual({ a: 'CANCELLED', b: 'CANCELLED' });
    expect(order.apply(decideCancel(order.route, order.deliveries, asked))).toBeUndefined();
    expect(order.confirm()).toBeUndefined();
    const late = { kind: 'STOCK_REJECTED', attempt: 1, lineNos: [1], reason: 'gone' } as const;
    expect(order.reassign(late, { c: [1] })).toBeUndefined();
    // The same answer for who did not hear of it, as a new event.
    const { version } = order.route;
    order.apply(decideCancel(order.route, order.deliveries, { reason: 'something else', again: true }));
    expect(order.told.at(-1)).toMatchObject({ type: 'DeliveryCancelled', seq: version + 1, payload: asked });
  });

  test.each([
    ['on its way', () => undefined],
    [
      'lost',
      (order: Order) => {
        const parting = loseParcel(order.route, order.parcel('a'), { reason: 'fire', now: order.now });
        if (parting.kind === 'done') order.apply(parting.change);
      },
    ],
  ])('a parcel is %s: refused, and everything goes on', (_, further) => {
    const order = confirmed();
    order.handOver('a');
    further(order);
    const before = order.statuses();
    order.apply(decideCancel(order.route, order.deliveries, asked));
    expect(order.told.at(-1)).toMatchObject({
      ...{ type: 'CancelRefused', seq: order.route.version, payload: { attempt: 1 } },
    });
    expect(order.statuses()).toEqual(before);
    expect(order.route.state).toBe('STARTED');
  });

  test('nobody could send it: it ends as it would have anyway', () => {
    const order = someRoute([1]);
    order.assign({});
    order.apply(decideCancel(order.route, order.deliveries, asked));
    expect(types(order)).toEqual(['SellerUnavailable', 'DeliveryCancelled']);
  });

  test('before it is known here: that is kept, and answered', () => {
    const route = tombstoneOf({ orderId: 'o', customerId: 'c', sellerIds: [] }, 0);
    const change = decideCancel(route, [], asked);
    expect(change).toMatchObject({
      route: { state: 'CANCELLED', version: 1, cancelledAttempt: 1, endReason: 'changed my mind' },
      events: [{ type: 'DeliveryCancelled', seq: 1, payload: { attempt: 1, ...asked } }],
    });
    expect(cancelAll(route, [], undefined)).toBeUndefined();
    expect(cancelAll(route, [], { attempt: 2, ...asked })?.events).toHaveLength(1);
  });
});

describe('an answer that got lost is told again as it is', () => {
  test('an assignment', () => {
    const order = confirmed();
    const [first] = order.told;
    const { version } = order.route;
    order.apply(tellAgain(order.route, order.deliveries, { attempt: 1 }));
    expect(order.told.at(-1)).toEqual({ ...first, seq: version + 1 });
  });

  test('that nobody can send it', () => {
    const order = someRoute([1, 2]);
    order.assign({ a: [1] });
    order.apply(tellAgain(order.route, order.deliveries, { attempt: 1 }));
    expect(order.told[1]).toEqual({ ...order.told[0], seq: 2 });
  });

  test('that it is cancelled', () => {
    const order = confirmed();
    order.apply(cancelAll(order.route, order.deliveries, { attempt: 1, ...asked }));
    order.apply(tellAgain(order.route, order.deliveries, { attempt: 1 }));
    expect(order.told.at(-1)).toMatchObject({ type: 'DeliveryCancelled', payload: { attempt: 1, ...asked } });
    expect(order.told.at(-1)?.seq).toBe((order.told.at(-2)?.seq ?? 0) + 1);
  });
});

test('the estimate of an order is that of the last parcel that is to come', () => {
  const order = confirmed();
  expect(lastOpenEta(order.deliveries)?.sellerId).toBe('b');
  const parting = rejectParcel(order.route, order.parcel('b'), { reason: 'broken', now: order.now });
  if (parting.kind === 'done') order.apply(parting.change);
  expect(lastOpenEta(order.deliveries)?.sellerId).toBe('a');
  order.handOver('a');
  const lost = loseParcel(order.route, order.parcel('a'), { reason: 'fire', now: order.now });
  if (lost.kind === 'done') order.apply(lost.change);
  expect(lastOpenEta(order.deliveries)).toBeUndefined();
});
