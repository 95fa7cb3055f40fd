import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { Watch } from './graph-client.ts';
import type { EtaFrame } from './order-types.ts';
import { openOrderWorld, places, type Customer, type OrderWorld } from './order-world.ts';

/** A lane that nobody else's orders run on: its factor is everybody's. */
const laneId = 'RJ>MG';
const home = places.beloHorizonte;
const openOrders = 12;
const delayOf = ({ eta }: EtaFrame) => eta.parts?.find(({ name }) => name === 'DELAY')?.minutes ?? 0;

describe('a lane jams', () => {
  let world: OrderWorld;
  let customer: Customer;
  let sellerId: string;
  let productId: string;
  const orderIds: string[] = [];

  beforeAll(async () => {
    world = await openOrderWorld('jam');
    [sellerId] = (await world.sellers(places.rio)) as [string];
    productId = await world.product(home, { seller: sellerId, available: 100 });
    customer = await world.customer(home, 100_000_000);
    const placed = await Promise.all(
      Array.from({ length: openOrders }, () => world.place(customer, [{ productId, quantity: 1 }])),
    );
    orderIds.push(...placed.map(({ id }) => id));
    await Promise.all(orderIds.map(id => world.until(id, 'CONFIRMED')));
  }, 90_000);
  afterAll(async () => {
    await world.operator.setDelayFactor({ laneId, factor: 1, ttlMinutes: 1 });
    await world.dispose();
  });

  const setFactor = async (factor: number) => {
    const { lane, userErrors } = await world.operator.setDelayFactor({ laneId, factor, ttlMinutes: 30 });
    expect({ lane, userErrors }).toEqual({ lane: { id: laneId, delayFactor: factor }, userErrors: [] });
  };
  const untilMoved = (watches: readonly Watch<EtaFrame>[], seen: readonly number[]) =>
    Promise.all(
      watches.map((watch, at) =>
        watch.until(({ eta }) => eta.reason === 'DELAY_FACTOR' && eta.version > (seen[at] ?? 0), {
          what: `the new estimate of order ${String(at + 1)}`,
        }),
      ),
    );

  test('each open order of it has a new estimate at once, and its subscribers see it', async () => {
    const watches = orderIds.map(id => customer.client.watchEta(id));
    const lanes = world.nobody.watchLanes([laneId]);
    const elsewhere = world.nobody.watchLanes(['AC>RR']);
    const before = await Promise.all(watches.map(watch => watch.until(({ eta }) => eta.reason === 'ASSIGNED')));

    const begin = performance.now();
    await setFactor(3);
    const after = await untilMoved(watches, []);
    const tookMs = performance.now() - begin;
    for (const [at, frame] of after.entries()) {
      const was = before[at]!;
      expect(frame.eta.expectedAt > was.eta.expectedAt).toBe(true);
      expect(frame.previousExpectedAt).toBe(was.eta.expectedAt);
      expect(frame.eta.promisedAt).toBe(was.eta.promisedAt);
      expect(delayOf(frame)).toBeGreaterThan(0);
    }
    // A second on a machine that is otherwise idle; here, other tests run beside.
    expect(tookMs).toBeLessThan(8_000);

    const told = await lanes.until(({ delayFactor }) => delayFactor === 3);
    expect(told).toMatchObject({ laneId, lane: { id: laneId, delayFactor: 3 }, validUntil: expect.any(String) });

    await setFactor(1);
    const back = await untilMoved(
      watches,
      after.map(({ eta }) => eta.version),
    );
    expect(back.map(delayOf)).toEqual(back.map(() => 0));
    expect(elsewhere.frames).toEqual([]);
    for (const watch of watches) {
      expect(new Set(watch.frames.map(({ eventId }) => eventId)).size).toBe(watch.frames.length);
      watch.close();
    }
  }, 60_000);

  test('an order that is placed while it is jammed knows it from the start; its quote did too', async () => {
    const lines = [{ productId, quantity: 1 }];
    // Quotes go by the live copy, which follows at once; orders by the truth.
    const quoteWith = (isJammed: boolean) =>
      waitFor(
        async () => {
          const quote = await customer.client.quote(lines, home);
          const delayMinutes = quote.lines[0]?.chosen?.delayMinutes ?? Number.NaN;
          return delayMinutes > 0 === isJammed ? { delayMinutes, expectedAt: quote.expectedAt ?? '' } : undefined;
        },
        { what: 'quotes to follow the factor' },
      );
    const calm = await quoteWith(false);
    expect(calm.delayMinutes).toBe(0);
    await setFactor(4);
    const jammed = await quoteWith(true);
    expect(jammed.expectedAt > calm.expectedAt).toBe(true);

    const { id } = await world.place(customer, lines);
    const order = await world.until(id, 'CONFIRMED');
    expect(order.deliveries?.[0]?.assignment?.chosen.delayMinutes).toBeCloseTo(jammed.delayMinutes, 3);
    expect(order.eta?.parts?.find(({ name }) => name === 'DELAY')?.minutes).toBeGreaterThan(0);
    await setFactor(1);
  }, 60_000);

  test('what has arrived does not move any more, and who comes late sees the present factor first', async () => {
    const [id] = orderIds as [string];
    const parcel = { orderId: id, sellerId };
    await world.operator.confirmHandover(parcel);
    await world.operator.confirmDelivery(parcel);
    await world.until(id, 'DELIVERED');
    const arrived = (await world.operator.delivery(parcel))?.eta;
    const open = customer.client.watchEta(orderIds[1]!);
    await setFactor(2);
    await open.until(({ eta }) => eta.reason === 'DELAY_FACTOR' && delayOf({ eta } as EtaFrame) > 0);
    expect((await world.operator.delivery(parcel))?.eta).toEqual(arrived);

    const late = await world.nobody.watchLanes([laneId]).until(() => true);
    expect(late).toMatchObject({ snapshot: true, laneId, delayFactor: 2 });
    await setFactor(1);
  }, 60_000);
});
