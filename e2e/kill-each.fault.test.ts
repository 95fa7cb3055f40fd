import { kill } from 'node:process';
import { createPool, sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import { tokenFor } from '@waygraph/kit/testing/gateway-client';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { processes } from '@waygraph/stack/processes';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ListedOrder } from './order-client.ts';
import { startOrderFlow } from './order-flow.ts';
import { openOrderWorld, places, type Customer, type OrderWorld } from './order-world.ts';
import { readTopic } from './read-topic.ts';
import { startResumingWatch } from './resuming-watch.ts';
import { countTypes, sequenceFaults } from './sequence-faults.ts';
import { offerKey, startStockChanges, type OfferUnderTest } from './stock-changes.ts';
import { ask, partStatus } from './support.ts';

const victims = ['postgres', 'redis', 'kafka', 'connect', ...processes.map(({ name }) => name)];
const home = places.portoAlegre;
const stocked = 100_000;

type Row = { product_id: string; seller_id: string; available: number; version: string };
const rows = async (
  sql: Sql,
  table: string,
  offers: readonly OfferUnderTest[],
): Promise<Map<string, { available: number; version: number }>> => {
  const found = await sql<Row>(
    `select product_id, seller_id, available, version from ${table} where product_id = any($1)`,
    [offers.map(offer => offer.productId)],
  );
  return new Map(
    found.map(row => [
      offerKey({ productId: row.product_id, sellerId: row.seller_id }),
      { available: row.available, version: Number(row.version) },
    ]),
  );
};

describe('killed without warning while orders and stock changes flow', () => {
  const pools: Pool[] = [];
  let [inventory, payments, read]: Sql[] = [];
  let world: OrderWorld;
  let customers: [Customer, Customer, Customer];
  let products: string[];
  let flow: ReturnType<typeof startOrderFlow>;
  let watch: ReturnType<typeof startResumingWatch>;
  let placed: ListedOrder[] = [];
  let offers: OfferUnderTest[];
  let before: Map<string, { available: number; version: number }>;
  let changes: ReturnType<typeof startStockChanges>;
  /** What would go on for ever after a failure. */
  const letGo: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    [inventory, payments, read] = ['INVENTORY', 'PAYMENTS', 'READ'].map(name => {
      const pool = createPool({ url: testEnv(`${name}_DATABASE_URL`), max: 1, name: 'kill-each' });
      pools.push(pool);
      return sqlOfPool(pool);
    });
    await startOrders();
    await startStock();
    await goesOn('before anything is killed');
  }, 240_000);

  async function startOrders(): Promise<void> {
    world = await openOrderWorld('kill');
    const sellers = (await world.sellers(places.portoAlegreEast, places.saoPaulo)) as [string, string];
    products = await Promise.all(
      [...sellers, ...sellers].map(seller => world.product(home, { seller, available: stocked })),
    );
    const [first, second, third, fourth] = products as [string, string, string, string];
    const rich = 2_000_000_000;
    customers = [await world.customer(home, rich), await world.customer(home, rich), await world.customer(home, 100)];
    const [one, other, poor] = customers;
    const couponCode = await world.coupon({ percentOff: 10, quota: 1_000_000 });
    flow = startOrderFlow({
      operator: world.operator,
      errands: [
        { customer: one, productIds: [first], payment: 'WALLET' },
        { customer: other, productIds: [first, second], payment: 'CARD' },
        { customer: other, productIds: [third], payment: 'WALLET', couponCode },
        { customer: one, productIds: [fourth], payment: 'CARD', couponCode },
        { customer: one, productIds: [first], payment: 'WALLET', couponCode: 'NO-SUCH-COUPON' },
        { customer: poor, productIds: [first], payment: 'WALLET', couponCode },
      ],
    });
    watch = startResumingWatch(one.client);
    letGo.push(flow.abandon, watch.stop);
  }

  async function startStock(): Promise<void> {
    const { products: sample } = await ask<{
      products: { nodes: { id: string; offers: { seller: { id: string } }[] }[] };
    }>('{ products(first: 30) { nodes { id offers { seller { id } } } } }', {});
    offers = sample.nodes.flatMap(product =>
      product.offers.slice(0, 1).map(offer => ({ productId: product.id, sellerId: offer.seller.id })),
    );
    expect(offers.length).toBeGreaterThan(10);
    before = await rows(inventory!, 'inventory.stock', offers);
    changes = startStockChanges(offers, await tokenFor('operator', 'kill-each', 3_600));
    letGo.push(changes.abandon);
  }

  afterAll(async () => {
    await Promise.all(letGo.map(end => end()));
    await world.dispose();
    await Promise.all(pools.map(pool => pool.end()));
  });

  /** Orders arrive and shelves are counted, from now on. */
  async function goesOn(when: string): Promise<void> {
    const [delivered, counted] = [flow.delivered(), changes.count()];
    await waitFor(() => flow.delivered() >= delivered + 2 && changes.count() >= counted + 5, {
      timeoutMs: 120_000,
      what: () => `orders and changes ${when} (${flow.what()}; ${changes.lastFault()})`,
    });
  }

  test.each(victims)(
    '%s comes back by itself and everything goes on',
    async name => {
      const victim = await partStatus(name);
      if (victim.pid === undefined) throw new Error(`${name} does not run`);
      kill(victim.pid, 'SIGKILL');
      await waitFor(
        async () => {
          const part = await partStatus(name);
          return part.state === 'ready' && part.pid !== victim.pid && part.restarts > victim.restarts;
        },
        { timeoutMs: 90_000, intervalMs: 200, what: `${name} to be ready again` },
      );
      await goesOn(`after killing ${name}`);
    },
    300_000,
  );

  test('every acknowledged order has ended, and there is no other', async () => {
    await flow.stop();
    expect(flow.refused).toEqual([]);
    expect(flow.repeats()).toBeGreaterThan(0); // the faults were felt
    placed = (await Promise.all(customers.map(({ client }) => client.allOrders()))).flat();
    expect(new Map(placed.map(({ id, status }) => [id, status]))).toEqual(
      new Map(flow.orders.map(({ id, status }) => [id, status])),
    );
    expect(placed.filter(({ status, saga }) => saga?.status !== sagaEnd[status])).toEqual([]);
    expect(new Set(placed.map(({ status }) => status))).toEqual(new Set(['DELIVERED', 'CANCELLED']));
  }, 240_000);
  const sagaEnd: Record<string, string> = { DELIVERED: 'COMPLETED', CANCELLED: 'COMPENSATED' };

  test('the money of every order was taken once, and given back where it did not arrive', async () => {
    const [sum] = await payments!<{ sum: string }>('select coalesce(sum(amount_minor), 0) as sum from entries');
    expect(Number(sum?.sum)).toBe(0);
    const booked = await payments!<{ order_id: string; captures: number; taken: string }>(
      `select t.order_id, (count(*) filter (where t.kind = 'CAPTURE'))::int as captures, sum(e.amount_minor) as taken
       from transfers t join entries e on e.transfer_id = t.id
       where e.account_id = 'sales' and t.order_id = any($1) group by t.order_id`,
      [placed.map(({ id }) => id)],
    );
    const live = placed.filter(({ status }) => status === 'DELIVERED');
    const taken = booked.filter(row => Number(row.taken) !== 0);
    expect(new Map(taken.map(row => [row.order_id, Number(row.taken)]))).toEqual(
      new Map(live.map(({ id, total }) => [id, total.amountMinor])),
    );
    expect(booked.filter(({ captures }) => captures > 1)).toEqual([]);
  });

  test('the stock of every order was sold once, and nothing is held', async () => {
    const sold = new Map<string, number>(products.map(id => [id, 0]));
    for (const { status, lines } of placed) {
      for (const line of status === 'DELIVERED' ? lines : []) {
        sold.set(line.productId, (sold.get(line.productId) ?? 0) + line.quantity);
      }
    }
    for (const productId of products) {
      const [row] = Object.values(await world.stock(productId));
      const count = sold.get(productId) ?? 0;
      expect([productId, row]).toEqual([productId, { available: stocked - count, reserved: 0, sold: count }]);
    }
  });

  test('every step of every order is on the log once and without a gap', async () => {
    const keys = new Map(placed.map(({ id }) => [id, undefined]));
    const live = placed.filter(({ status }) => status === 'DELIVERED').map(({ id }) => id);
    for (const [topic, once] of [
      ['order.events', ['OrderPlaced', 'OrderReadyForPayment', 'OrderConfirmed', 'OrderHandedOver', 'OrderDelivered']],
      ['delivery.events', ['SellerAssigned']],
      ['stock.events', ['StockReserved', 'StockConfirmed']],
      ['payment.events', ['PaymentCaptured']],
      ['delivery.risk', []],
    ] as const) {
      const log = await readTopic(topic);
      expect([topic, ...sequenceFaults(log, keys)]).toEqual([topic]);
      const count = countTypes(log);
      const wrong = live.flatMap(id => once.filter(type => count(id, type) !== 1).map(type => `${id} ${type}`));
      expect(wrong).toEqual([]);
      for (const { id, status } of topic === 'order.events' ? placed : []) {
        expect([id, count(id, 'OrderCancelled')]).toEqual([id, status === 'CANCELLED' ? 1 : 0]);
      }
    }
  }, 120_000);

  test('a subscriber who resumed has seen every change of its orders once', async () => {
    const own = placed.filter(({ customerId }) => customerId === customers[0].id);
    await waitFor(() => own.every(({ id, status }) => watch.lastStatus(id) === status), {
      timeoutMs: 30_000,
      what: () => `the last frames (${watch.lastFault()})`,
    });
    await watch.stop();
    expect(watch.resumed()).toBeGreaterThan(0);
    const versions = await Promise.all(own.map(async ({ id }) => (await world.operator.orderStatus(id))?.version ?? 0));
    for (const [at, { id }] of own.entries()) {
      expect([id, watch.versions(id)]).toEqual([id, Array.from({ length: versions[at] ?? 0 }, (_, seq) => seq + 1)]);
    }
  }, 60_000);

  test('every acknowledged change stands in the books once, and in the read database once', async () => {
    await changes.stop();
    expect(changes.repeats()).toBeGreaterThan(0);
    const expected = new Map(
      [...changes.acknowledged].map(([offer, sent]) => {
        const was = before.get(offer) ?? { available: 0, version: 0 };
        return [offer, { available: was.available + sent.delta, version: was.version + sent.changes }];
      }),
    );
    const only = (found: Map<string, unknown>) => new Map([...found].filter(([offer]) => expected.has(offer)).sort());
    expect(only(await rows(inventory!, 'inventory.stock', offers))).toEqual(new Map([...expected].sort()));
    await waitFor(
      async () => {
        const found = only(await rows(read!, 'catalogue.offers', offers));
        expect(found).toEqual(new Map([...expected].sort()));
        return true;
      },
      { timeoutMs: 60_000, what: 'the read database to hold every change' },
    );
    // Nobody orders these: each change of theirs is an event.
    const stock = await inventory!<{ offer_id: string; version: string }>(
      'select offer_id, version from inventory.stock where (product_id, seller_id) in (select * from unnest($1::text[], $2::text[]))',
      [offers.map(offer => offer.productId), offers.map(offer => offer.sellerId)],
    );
    const keys = new Map(stock.map(row => [row.offer_id, Number(row.version)]));
    expect(sequenceFaults(await readTopic('inventory.events'), keys)).toEqual([]);
  }, 120_000);
});
