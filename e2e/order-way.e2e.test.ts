import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { EtaFrame, Order, OrderFrame } from './order-types.ts';
import { openOrderWorld, places, priceMinor, type OrderWorld } from './order-world.ts';
import type { Watch } from './graph-client.ts';

const home = { ...places.portoAlegre, point: { lat: -30.0399, lon: -51.2209 } };
const lane = 'RS>RS';
const states = ({ saga }: Order) => saga?.steps.map(({ name, state, attempt }) => [name, state, attempt]);
const seen = (frames: readonly OrderFrame[]) => frames.map(({ version, type, status }) => [version, type, status]);
const distinct = (frames: readonly { eventId: string }[]) => new Set(frames.map(({ eventId }) => eventId)).size;
const minutesBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 60_000;

const way = [
  [1, 'OrderPlaced', 'PENDING'],
  [2, 'OrderReadyForPayment', 'AWAITING_PAYMENT'],
  [3, 'OrderConfirmed', 'CONFIRMED'],
  [4, 'OrderHandedOver', 'HANDED_OVER'],
  [5, 'OrderDelivered', 'DELIVERED'],
];

describe('an order on its way', () => {
  let world: OrderWorld;
  let sellerId: string;
  let productId: string;

  beforeAll(async () => {
    world = await openOrderWorld('way');
    const [near, far] = await world.sellers(places.portoAlegreEast, places.saoPaulo);
    sellerId = near!;
    productId = await world.product(home, { seller: near!, available: 50 }, { seller: far!, available: 50 });
  }, 60_000);
  afterAll(() => world.dispose());

  test('comes from the click to the door: frames in order, money, stock, saga and timeline agree', async () => {
    const customer = await world.customer(home, 100_000);
    const { client } = customer;
    const stockBefore = await world.stock(productId);
    const mine = client.watchMyOrders();
    // The state of an order that was there before shows that the stream stands: what follows are events, not states.
    const first = await world.place(customer, [{ productId, quantity: 1 }]);
    await world.until(first.id, 'CONFIRMED');
    await mine.until(({ orderId, status }) => orderId === first.id && status === 'CONFIRMED');

    const quote = await client.quote([{ productId, quantity: 2 }], customer.shipTo);
    const { id, cursor, totalMinor } = await world.place(customer, [{ productId, quantity: 2 }]);
    expect(totalMinor).toBe(2 * priceMinor);
    const order = client.watchOrder(id, cursor);
    const present = client.watchOrder(id);
    const eta = client.watchEta(id);
    await order.until(({ status }) => status === 'CONFIRMED');

    const confirmed = await world.until(id, 'CONFIRMED');
    expect(confirmed).toMatchObject({
      version: 3,
      cancelReason: null,
      total: { amountMinor: 2 * priceMinor },
      lines: [{ lineNo: 1, productId, quantity: 2, status: 'ACTIVE', sellerId }],
      payment: {
        method: 'WALLET',
        status: 'CAPTURED',
        amount: { amountMinor: totalMinor },
        refunded: { amountMinor: 0 },
      },
      deliveries: [
        { sellerId, status: 'STARTED', route: [{ kind: 'HANDLING' }, { kind: 'LINE_HAUL' }, { kind: 'LAST_MILE' }] },
      ],
      saga: { status: 'RUNNING', step: 'HANDOVER' },
    });
    // What was promised by the quote is what happened.
    expect(quote.lines[0]?.chosen?.sellerId).toBe(sellerId);
    const assignment = confirmed.deliveries?.[0]?.assignment;
    expect(assignment?.candidates.map(one => one.sellerId)[0]).toBe(sellerId);
    for (const one of assignment?.candidates ?? []) {
      expect(one.score).toBeCloseTo(
        one.handlingMinutes + one.transitMinutes + one.delayMinutes + one.penaltyMinutes,
        3,
      );
    }
    expect(new Set(confirmed.deliveries?.[0]?.route.map(({ laneId }) => laneId))).toEqual(new Set([lane]));

    await deliver(id, order, eta);
    await mine.until(({ orderId, status }) => orderId === id && status === 'DELIVERED');
    await present.until(({ status }) => status === 'DELIVERED');

    // Behind one's own mutation, from the present state on, and among all own orders: the same story, nothing twice.
    expect(seen(order.frames)).toEqual(way.slice(1));
    expect(order.frames.every(({ snapshot }) => !snapshot)).toBe(true);
    expect(seen(mine.frames.filter(({ orderId }) => orderId === id))).toEqual(way);
    expect(present.frames[0]?.snapshot).toBe(true);
    expect(seen(present.frames)).toEqual(way.slice((present.frames[0]?.version ?? 0) - 1));
    for (const { frames } of [order, mine, present]) {
      expect(distinct(frames)).toBe(frames.length);
      // What is joined is the state at the moment of sending: never older than the event.
      expect(frames.every(frame => (frame.order?.version ?? 0) >= frame.version)).toBe(true);
    }

    const delivered = await world.until(id, 'DELIVERED');
    expect(delivered).toMatchObject({
      version: 5,
      saga: { status: 'COMPLETED', awaiting: [], deadlineAt: null },
      deliveries: [{ status: 'DELIVERED', handedOverAt: expect.any(String), deliveredAt: expect.any(String) }],
    });
    expect(states(delivered)).toEqual(
      ['ASSIGNMENT', 'STOCK', 'PAYMENT', 'CONFIRMATION', 'HANDOVER', 'DELIVERY'].map(step => [step, 'DONE', 1]),
    );
    expect(await timelineOf(id)).toEqual([
      ...['OrderPlaced', 'SellerAssigned', 'StockReserved', 'OrderReadyForPayment', 'PaymentCaptured'],
      ...['StockConfirmed', 'OrderConfirmed', 'DeliveryStarted', 'HandedOver', 'OrderHandedOver'],
      ...['Scanned', 'Delivered', 'OrderDelivered'],
    ]);

    const spent = first.totalMinor + totalMinor;
    expect(await client.wallet()).toMatchObject({ balance: { amountMinor: 100_000 - spent } });
    expect((await client.wallet())?.entries.nodes.filter(({ orderId }) => orderId === id)).toEqual([
      { kind: 'CAPTURE', orderId: id, amount: { amountMinor: -totalMinor } },
    ]);
    const { available = 0, sold = 0 } = stockBefore[sellerId] ?? {};
    expect((await world.stock(productId))[sellerId]).toEqual({ available: available - 3, reserved: 0, sold: sold + 3 });
    expect((await client.allOrders()).map(one => one.id)).toEqual([id, first.id]);
  }, 60_000);

  /** Hand-over, scan, delivery; each moves the estimate, and each estimate follows from the one before. */
  async function deliver(id: string, order: Watch<OrderFrame>, eta: Watch<EtaFrame>): Promise<void> {
    const seller = await world.as('seller', sellerId);
    const carrier = await world.as('carrier', `${world.prefix}-carrier`);
    const { placedAt } = await world.until(id, 'CONFIRMED');
    const parcel = { orderId: id, sellerId };
    const changes = [
      ['HANDED_OVER', () => seller.confirmHandover(parcel)],
      ['SCANNED', () => carrier.recordScan({ ...parcel, hub: 'RS', idempotencyKey: `${id}-scan` })],
      ['DELIVERED', () => carrier.confirmDelivery(parcel)],
    ] as const;
    let told = await eta.until(frame => frame.eta.reason === 'ASSIGNED');
    for (const [reason, change] of changes) {
      expect(await change()).toMatchObject({ delivery: { id: expect.any(String) }, userErrors: [] });
      const next = await eta.until(frame => frame.eta.reason === reason);
      expect(next).toMatchObject({ orderId: id, sellerId, snapshot: false });
      expect(next.eta.promisedAt).toBe(told.eta.promisedAt);
      expect(next.eta.version).toBeGreaterThan(told.eta.version);
      if (reason === 'HANDED_OVER') await order.until(({ status }) => status === 'HANDED_OVER');
      told = next;
    }
    await order.until(({ status }) => status === 'DELIVERED');
    const versions = eta.frames.map(frame => frame.eta.version);
    expect(versions).toEqual(versions.map((_, at) => at + 1));
    expect(distinct(eta.frames)).toBe(eta.frames.length);
    for (const [at, frame] of eta.frames.entries()) {
      const before = eta.frames[at - 1];
      if (before !== undefined) expect(frame.previousExpectedAt).toBe(before.eta.expectedAt);
      expect(frame.eta.earliestAt <= frame.eta.expectedAt && frame.eta.expectedAt <= frame.eta.latestAt).toBe(true);
      const minutes = frame.eta.parts?.reduce((sum, part) => sum + part.minutes, 0);
      expect(minutes).toBeCloseTo(minutesBetween(placedAt, frame.eta.expectedAt), 2);
    }
    const expected = new Set(eta.frames.map(frame => frame.eta.expectedAt));
    expect(expected.size).toBeGreaterThanOrEqual(3); // hand-over and delivery were earlier than expected
    const after = await world.operator.delivery(parcel);
    expect(after?.eta.expectedAt).toBe(after?.deliveredAt);
  }

  /** The types of an order's timeline but for those that other orders' lanes and clocks have a say in. */
  async function timelineOf(id: string): Promise<string[]> {
    const told = ['EtaChanged', 'RiskLevelChanged'];
    const timeline = await waitFor(
      async () => {
        const entries = (await world.operator.timeline(id)) ?? [];
        return entries.some(({ type }) => type === 'OrderDelivered') &&
          entries.filter(({ type }) => type === 'EtaChanged').length >= 4
          ? entries
          : undefined;
      },
      { what: 'the timeline to its end' },
    );
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).sort());
    expect(new Set(timeline.map(({ cursor }) => cursor)).size).toBe(timeline.length);
    return timeline.filter(({ type }) => !told.includes(type)).map(({ type }) => type);
  }

  test('is paid by card, with a coupon, from two sellers: one saga, two parcels', async () => {
    const [other] = await world.sellers(places.portoAlegre);
    const second = await world.product(home, { seller: other!, available: 9 });
    const customer = await world.customer(home);
    const code = await world.coupon({ percentOff: 10, quota: 5 });
    const lines = [
      { productId, quantity: 1 },
      { productId: second, quantity: 2 },
    ];
    const { id } = await world.place(customer, lines, { payment: 'CARD', couponCode: code });
    const discount = Math.round((3 * priceMinor) / 10);
    const total = { amountMinor: 3 * priceMinor - discount };
    const confirmed = await world.until(id, 'CONFIRMED');
    expect(confirmed).toMatchObject({
      ...{ couponCode: code, subtotal: { amountMinor: 3 * priceMinor }, discount: { amountMinor: discount }, total },
      payment: { method: 'CARD', status: 'CAPTURED', amount: total, refunded: { amountMinor: 0 } },
      lines: [{ sellerId }, { sellerId: other }],
    });
    expect(confirmed.deliveries?.map(one => one.sellerId).sort()).toEqual([sellerId, other].sort());
    expect(states(confirmed)).toContainEqual(['COUPON', 'DONE', 1]);
    expect(await world.couponUsed(code)).toBe(1);
    expect(await world.balanceMinor(customer.id)).toBeUndefined(); // the card paid, no wallet was touched

    const order = customer.client.watchOrder(id);
    const handOver = (seller: string) => world.operator.confirmHandover({ orderId: id, sellerId: seller });
    expect((await handOver(sellerId)).userErrors).toEqual([]);
    expect((await handOver(other!)).userErrors).toEqual([]);
    await order.until(({ status }) => status === 'HANDED_OVER');
    for (const seller of [sellerId, other!]) {
      expect((await world.operator.confirmDelivery({ orderId: id, sellerId: seller })).userErrors).toEqual([]);
    }
    await order.until(({ status }) => status === 'DELIVERED');
    expect(seen(order.frames).slice(-2)).toEqual(way.slice(-2));
    expect((await world.stock(second))[other!]).toEqual({ available: 7, reserved: 0, sold: 2 });
  }, 60_000);
});
