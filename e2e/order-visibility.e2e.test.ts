import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Watch } from './graph-client.ts';
import { createOrderClient, type OrderClient } from './order-client.ts';
import { openOrderWorld, places, type Customer, type OrderWorld } from './order-world.ts';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { tokenFor } from '@waygraph/kit/testing/gateway-client';

const home = places.portoAlegre;

describe('who sees an order', () => {
  let world: OrderWorld;
  let owner: Customer;
  let sellers: [string, string];
  let orderId: string;
  let own: OrderClient;
  let other: OrderClient;
  let carrier: OrderClient;
  /** None of the order's people. */
  let strangers: [string, OrderClient][];

  beforeAll(async () => {
    world = await openOrderWorld('sight');
    sellers = (await world.sellers(places.portoAlegreEast, places.portoAlegre)) as [string, string];
    const products = await Promise.all(sellers.map(seller => world.product(home, { seller, available: 20 })));
    owner = await world.customer(home, 1_000_000);
    const couponCode = await world.coupon({ percentOff: 10, quota: 9 });
    const lines = products.map((productId, at) => ({ productId, quantity: at + 1 }));
    ({ id: orderId } = await world.place(owner, lines, { couponCode }));
    await world.until(orderId, 'CONFIRMED');
    [own, other] = [await world.as('seller', sellers[0]), await world.as('seller', `${world.prefix}-other`)];
    carrier = await world.as('carrier', `${world.prefix}-carrier`);
    strangers = [
      ['another customer', (await world.customer(home, 100)).client],
      ['a seller of other orders', other],
      ['a customer with the seller’s id', await world.as('customer', sellers[0])],
      ['a seller with the customer’s id', await world.as('seller', owner.id)],
      ['nobody', world.nobody],
    ];
  }, 60_000);
  afterAll(() => world.dispose());

  test('its customer and operators see all of it', async () => {
    for (const client of [owner.client, world.operator]) {
      const order = await client.order(orderId);
      expect(order?.lines).toHaveLength(2);
      expect(order).toMatchObject({
        ...{ customerId: owner.id, couponCode: expect.any(String), saga: { status: 'RUNNING' } },
        payment: { status: 'CAPTURED' },
        eta: { id: expect.any(String) },
      });
      expect(order?.deliveries?.map(({ sellerId }) => sellerId).sort()).toEqual([...sellers].sort());
      expect(order?.deliveries?.every(({ assignment }) => (assignment?.candidates.length ?? 0) > 0)).toBe(true);
      expect((await client.timeline(orderId))?.length).toBeGreaterThan(5);
    }
    expect((await owner.client.allOrders()).map(({ id }) => id)).toEqual([orderId]);
    expect((await world.operator.allOrders({ customerId: owner.id })).map(({ id }) => id)).toEqual([orderId]);
  });

  test('a seller sees its own lines and parcel, and neither coupon, money nor saga', async () => {
    const order = await own.order(orderId);
    expect(order?.lines).toMatchObject([{ lineNo: 1, sellerId: sellers[0] }]);
    const price = order?.lines[0]?.unitPrice;
    expect(order).toMatchObject({ subtotal: price, total: price, discount: { amountMinor: 0 } });
    expect(order).toMatchObject({ couponCode: null, saga: null, payment: null });
    expect(await own.timeline(orderId)).toBeNull();
    expect(order?.deliveries?.map(({ sellerId }) => sellerId)).toEqual([sellers[0]]);
    expect(order?.deliveries?.[0]?.assignment?.candidates.map(({ sellerId }) => sellerId)).toEqual([sellers[0]]);
    expect(await own.delivery({ orderId, sellerId: sellers[1] })).toBeNull();
    expect((await own.allOrders()).map(({ id }) => id)).toEqual([orderId]);
  });

  test('a carrier sees the parcel and not why it is this seller’s', async () => {
    expect(await carrier.delivery({ orderId, sellerId: sellers[0] })).toMatchObject({
      ...{ sellerId: sellers[0], status: 'STARTED', assignment: null },
    });
    expect(await carrier.order(orderId)).toBeNull();
    expect(await carrier.allOrders()).toEqual([]);
  });

  test('nobody else learns that it is there', async () => {
    for (const [who, client] of strangers) {
      const none = 'no-such-order';
      const parcel = { sellerId: sellers[0] };
      const asked = async (id: string) => [
        await client.order(id),
        await client.timeline(id),
        await client.delivery({ orderId: id, ...parcel }),
      ];
      expect([who, ...(await asked(orderId))]).toEqual([who, ...(await asked(none))]);
      expect([who, await client.order(orderId), await client.delivery({ orderId, ...parcel })]).toEqual([
        who,
        null,
        null,
      ]);
      expect([who, (await client.allOrders()).map(({ id }) => id)]).toEqual([who, []]);
      expect(await client.wallet(owner.id)).toBeNull();
      expect((await sellerDeliveries(client, sellers[0]))?.nodes ?? []).toEqual([]);
    }
    expect((await sellerDeliveries(own, sellers[0]))?.nodes).toEqual([{ orderId }]);
  });

  const sellerDeliveries = async (client: OrderClient, id: string) =>
    (
      await client.graph.ask<{ seller: { deliveries: { nodes: { orderId: string }[] } | null } }>(
        'query ($id: ID!) { seller(id: $id) { deliveries { nodes { orderId } } } }',
        { id },
      )
    ).seller.deliveries;

  test('an order joined from elsewhere shows no more than asked for itself', async () => {
    // The way round through a parcel and its order, which is another service's entity.
    const through = `query ($orderId: ID!, $sellerId: ID!) { delivery(orderId: $orderId, sellerId: $sellerId) {
      order { id customerId payment { id } risk { level } deliveries { sellerId } } } }`;
    const parcel = { orderId, sellerId: sellers[0] };
    type Data = { delivery: { order: { customerId: string; payment: unknown; deliveries: unknown[] } | null } | null };
    const { delivery: seen } = await own.graph.ask<Data>(through, parcel);
    expect(seen?.order).toMatchObject({ payment: null, deliveries: [{ sellerId: sellers[0] }] });
    expect((await carrier.graph.send<Data>(through, parcel)).data?.delivery?.order ?? null).toBeNull();
    for (const [, client] of strangers) expect((await client.graph.ask<Data>(through, parcel)).delivery).toBeNull();
  });

  test('what only the gateway may ask is no part of the graph', async () => {
    for (const field of [
      'orderRecords(orderId: "x")',
      'customerOrderRecords',
      'laneRecords',
      'etaRecords(orderId: "x")',
    ]) {
      const { data, errors } = await world.operator.graph.send(`{ ${field} { eventId payload } }`);
      expect([field, data ?? null, errors?.length]).toEqual([field, null, expect.any(Number)]);
    }
  });

  test('on sockets: its people see every frame, nobody else sees one', async () => {
    const watch = (client: OrderClient): Watch<unknown>[] => [
      client.watchOrder(orderId),
      client.watchEta(orderId),
      client.watchSellerOrders(sellers[0]),
      client.watchMyOrders(),
    ];
    const hidden = [...strangers, ['a carrier', carrier] as const].map(([who, client]) => ({
      who,
      watches: watch(client),
    }));
    const [mine, sold] = [owner.client.watchOrder(orderId), own.watchSellerOrders(sellers[0])];
    const [eta, soldEta] = [owner.client.watchEta(orderId), own.watchEta(orderId)];
    await Promise.all([mine, sold].map(one => one.until(({ status }) => status === 'CONFIRMED')));
    await Promise.all([eta, soldEta].map(one => one.until(frame => frame.eta.reason === 'ASSIGNED')));

    for (const sellerId of sellers) {
      expect((await world.operator.confirmHandover({ orderId, sellerId })).userErrors).toEqual([]);
    }
    for (const sellerId of sellers) {
      expect((await world.operator.confirmDelivery({ orderId, sellerId })).userErrors).toEqual([]);
    }
    const delivered = await mine.until(({ status }) => status === 'DELIVERED');
    await sold.until(({ eventId }) => eventId === delivered.eventId);
    await eta.until(frame => frame.sellerId === sellers[1] && frame.eta.reason === 'DELIVERED');
    await soldEta.until(frame => frame.eta.reason === 'DELIVERED');

    expect(new Set(soldEta.frames.map(({ sellerId }) => sellerId))).toEqual(new Set([sellers[0]]));
    expect(sold.frames.every(({ order }) => order?.lines.map(({ lineNo }) => lineNo).join() === '1')).toBe(true);
    expect(mine.frames.at(-1)?.order?.lines).toHaveLength(2);
    for (const { who, watches } of hidden) {
      expect([who, watches.map(({ frames }) => frames)]).toEqual([who, [[], [], [], []]]);
    }
  }, 60_000);

  test('a token that is no good opens no socket', async () => {
    for (const bad of ['nonsense', await tokenFor('operator', 'late', -60)]) {
      const client = createOrderClient({ url: testEnv('GATEWAY_URL'), token: () => bad });
      const watch = client.watchLanes();
      await expect(watch.until(() => true)).rejects.toThrow(/ended \(closed with 44\d\d/);
      await client.close();
    }
  });

  test('a cursor of somebody else is refused', async () => {
    const mine = owner.client.watchOrder(orderId);
    const { cursor } = await mine.until(() => true);
    const stranger = world.operator.watchOrder(orderId, cursor);
    await expect(stranger.until(() => true)).rejects.toThrow(/BAD_USER_INPUT after/);
  });
});
