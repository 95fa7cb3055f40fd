import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import type { OrderRequest } from './order-types.ts';
import { openOrderWorld, places, type Customer, type OrderWorld } from './order-world.ts';

const home = places.portoAlegre;

describe('the same thing said twice', () => {
  let world: OrderWorld;
  let sellerId: string;
  let productId: string;
  let customer: Customer;

  beforeAll(async () => {
    world = await openOrderWorld('twice');
    [sellerId] = (await world.sellers(places.portoAlegreEast)) as [string];
    productId = await world.product(home, { seller: sellerId, available: 500 });
    customer = await world.customer(home, 2_000_000_000);
  }, 60_000);
  afterAll(() => world.dispose());

  const request = (more: Partial<OrderRequest> = {}): OrderRequest => ({
    ...{ lines: [{ productId, quantity: 1 }], shipTo: home, payment: 'WALLET', idempotencyKey: uniqueId('key') },
    ...more,
  });

  test('places one order and gives the same answer, also when it is long under way', async () => {
    const input = request();
    const first = await customer.client.placeOrder(input);
    expect(first).toMatchObject({ order: { id: expect.any(String) }, cursor: expect.any(String), userErrors: [] });
    const again = await customer.client.placeOrder(input);
    expect([again.order?.id, again.cursor, again.userErrors]).toEqual([first.order?.id, first.cursor, []]);
    await world.until(first.order!.id, 'CONFIRMED');
    const late = await customer.client.placeOrder(input);
    expect([late.order?.id, late.cursor, late.userErrors]).toEqual([first.order?.id, first.cursor, []]);
    const placed = (await world.orderEvents(customer.id)).filter(type => type === 'OrderPlaced');
    expect(placed).toHaveLength(1);
  });

  test('places one order when it is said many times at once', async () => {
    const before = (await customer.client.allOrders()).length;
    const input = request();
    const answers = await Promise.all(Array.from({ length: 12 }, () => customer.client.placeOrder(input)));
    const ids = new Set(answers.map(({ order, userErrors }) => order?.id ?? userErrors[0]?.code));
    ids.delete('IN_PROGRESS');
    expect(ids.size).toBe(1);
    expect(await customer.client.allOrders()).toHaveLength(before + 1);
  });

  test('is refused when it is not the same thing', async () => {
    const input = request();
    const { order } = await customer.client.placeOrder(input);
    const others: Partial<OrderRequest>[] = [
      { lines: [{ productId, quantity: 2 }] },
      { payment: 'CARD' },
      { couponCode: 'OTHER' },
      { allowPartial: true },
      { shipTo: places.saoPaulo },
    ];
    for (const other of others) {
      expect(await customer.client.placeOrder({ ...input, ...other })).toMatchObject({
        ...{ order: null, cursor: null },
        userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['input', 'idempotencyKey'] }],
      });
    }
    expect((await customer.client.placeOrder(input)).order?.id).toBe(order?.id);
  });

  test('is two orders when two customers say it', async () => {
    const other = await world.customer(home, 100_000);
    const input = request();
    const [one, two] = [await customer.client.placeOrder(input), await other.client.placeOrder(input)];
    expect(one.order?.id).toEqual(expect.any(String));
    expect(two.order?.id).toEqual(expect.any(String));
    expect(two.order?.id).not.toBe(one.order?.id);
  });

  test('may be corrected under the same key after it was refused', async () => {
    const input = request({ lines: [{ productId, quantity: 0 }] });
    expect((await customer.client.placeOrder(input)).order).toBeNull();
    const corrected = await customer.client.placeOrder({ ...input, lines: [{ productId, quantity: 1 }] });
    expect(corrected).toMatchObject({ order: { id: expect.any(String) }, userErrors: [] });
  });

  test('hands over, scans and delivers once', async () => {
    const { id } = await world.place(customer, [{ productId, quantity: 1 }]);
    await world.until(id, 'CONFIRMED');
    const parcel = { orderId: id, sellerId };
    const carrier = await world.as('carrier', `${world.prefix}-carrier`);
    const handed = await world.operator.confirmHandover(parcel);
    const handedAgain = await world.operator.confirmHandover(parcel);
    expect([handed.userErrors, handedAgain.userErrors]).toEqual([[], []]);
    expect(handedAgain.delivery?.handedOverAt).toBe(handed.delivery?.handedOverAt);

    const scan = { ...parcel, hub: 'RS', idempotencyKey: `${id}-scan` };
    const scanned = await carrier.recordScan(scan);
    expect(scanned.userErrors).toEqual([]);
    expect(await carrier.recordScan(scan)).toMatchObject({ cursor: scanned.cursor, userErrors: [] });
    expect(await carrier.recordScan({ ...scan, hub: 'SP' })).toMatchObject({
      userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['idempotencyKey'] }],
    });

    const delivered = await carrier.confirmDelivery(parcel);
    const deliveredAgain = await carrier.confirmDelivery(parcel);
    expect([delivered.userErrors, deliveredAgain.userErrors]).toEqual([[], []]);
    expect(deliveredAgain.delivery?.deliveredAt).toBe(delivered.delivery?.deliveredAt);
    await world.until(id, 'DELIVERED');
    const told = (await world.operator.timeline(id))?.map(({ type }) => type) ?? [];
    for (const type of ['HandedOver', 'Scanned', 'Delivered', 'OrderHandedOver', 'OrderDelivered']) {
      expect([type, told.filter(one => one === type).length]).toEqual([type, 1]);
    }
  });
});
