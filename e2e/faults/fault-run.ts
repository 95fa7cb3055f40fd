import { expect } from '@jest/globals';
import { createPool, sqlOfPool, type Sql } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { startOrderFlow, type Errand } from '../order-flow.ts';
import { openOrderWorld, places, type Customer, type OrderWorld } from '../order-world.ts';
import { auditAll } from './audited-system.ts';
import { writeCounts } from './counts.ts';

const home = places.portoAlegre;
const stocked = 100_000;

/** Everything that a fault is injected into: orders that flow, and what is to be let go of afterwards, whatever happens. */
export type FaultRun = {
  readonly world: OrderWorld;
  readonly customers: { readonly rich: Customer; readonly poor: Customer };
  /** One seller's each; the first two sell at different places. */
  readonly products: readonly [string, string];
  readonly couponCode: string;
  readonly flow: ReturnType<typeof startOrderFlow>;
  /** The schema of orders, to see where orders stand. */
  readonly orders: Sql;
  /** One more order of every kind, at once, whatever else is under way; resolves when all are acknowledged. */
  burst: () => Promise<void>;
  /** Two orders that are placed from now on are delivered. */
  goesOn: (when: string, timeoutMs?: number) => Promise<void>;
  /** The fault was injected; `seen` is the sign that it has really happened. */
  saw: (fault: string, seen: boolean) => void;
  /** Something that would go on after a failure. The newest is let go of first. */
  letGo: (end: () => unknown) => void;
  /**
   * Places no more, waits until every acknowledged order has ended, and holds all that was told since the run began against the
   * auditor's invariants.
   */
  endsWell: () => Promise<void>;
  end: () => Promise<void>;
};

type Options = {
  /** Between two orders. */
  readonly pauseMs?: number;
  /** Default 20. */
  readonly mostUnderWay?: number;
  /** By how much a service's clock may be behind: what it tells looks older by so much. */
  readonly behindMs?: number;
};

/** Orders of every kind, slowly: by wallet and by card, of one seller and of two, with a coupon, without money, with a bad coupon. */
export async function startFaultRun(name: string, options: Options = {}): Promise<FaultRun> {
  const ends: (() => unknown)[] = [];
  try {
    return await prepare(name, options, ends);
  } catch (error) {
    await letGoOf(ends).catch(() => undefined);
    throw error;
  }
}

/** The newest first; what fails keeps nobody else from being let go of. */
async function letGoOf(ends: readonly (() => unknown)[]): Promise<void> {
  const faults: unknown[] = [];
  for (const end of ends.toReversed()) {
    try {
      await end();
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, 'not everything was let go of');
}

async function prepare(
  name: string,
  { pauseMs = 500, mostUnderWay = 20, behindMs = 0 }: Options,
  ends: (() => unknown)[],
): Promise<FaultRun> {
  const beganMs = Date.now();
  const world = await openOrderWorld(name);
  ends.push(world.dispose);
  const pool = createPool({ url: testEnv('ORDERS_DATABASE_URL'), max: 1, name });
  ends.push(() => pool.end());
  const sellers = await world.sellers(places.portoAlegreEast, places.saoPaulo);
  const [first, second] = (await Promise.all(
    sellers.map(seller => world.product(home, { seller, available: stocked })),
  )) as [string, string];
  const [rich, poor] = await Promise.all([world.customer(home, 2_000_000_000), world.customer(home, 100)]);
  const couponCode = await world.coupon({ percentOff: 10, quota: 1_000_000 });
  const errands: Errand[] = [
    { customer: rich, productIds: [first], payment: 'WALLET' },
    { customer: rich, productIds: [first, second], payment: 'CARD', couponCode },
    { customer: rich, productIds: [second], payment: 'WALLET', couponCode: 'NO-SUCH-COUPON' },
    { customer: rich, productIds: [second], payment: 'CARD' },
    { customer: poor, productIds: [first], payment: 'WALLET', couponCode },
  ];
  const flow = startOrderFlow({ operator: world.operator, pauseMs, mostUnderWay, errands });
  const flows = [flow];
  ends.push(() => Promise.all(flows.map(one => one.abandon())));

  let injected = 0;
  let checked = 0;
  let underWay = 0;
  return {
    ...{ world, customers: { rich, poor }, products: [first, second], couponCode, flow, orders: sqlOfPool(pool) },
    async burst() {
      const more = startOrderFlow({ operator: world.operator, pauseMs: 50, errands });
      flows.push(more);
      const what = () => `orders to be taken (${more.what()})`;
      await waitFor(() => more.orders.length >= errands.length, { timeoutMs: 30_000, intervalMs: 10, what });
      // It places no more; what it has placed is brought on to its end.
      void more.stop();
    },
    async goesOn(when, timeoutMs = 120_000) {
      const placed = flow.orders.length;
      const delivered = () => flow.orders.slice(placed).filter(({ status }) => status === 'DELIVERED').length;
      await waitFor(() => delivered() >= 2, { timeoutMs, what: () => `orders ${when} (${flow.what()})` });
    },
    saw(fault, seen) {
      injected += 1;
      expect([fault, seen]).toEqual([fault, true]);
    },
    letGo: end => ends.push(end),
    async endsWell() {
      await Promise.all(flows.map(one => one.stop()));
      expect(flows.flatMap(({ refused }) => refused)).toEqual([]);
      const placed = (await Promise.all([rich, poor].map(({ client }) => client.allOrders()))).flat();
      const status = new Map(placed.map(order => [order.id, order.status]));
      expect(flows.flatMap(({ orders }) => orders).filter(order => status.get(order.id) !== order.status)).toEqual([]);
      expect(placed.filter(order => !['DELIVERED', 'CANCELLED'].includes(order.status))).toEqual([]);
      const audited = await auditAll({
        orders: new Set(placed.map(({ id }) => id)),
        since: new Date(beganMs - behindMs - 1_000),
      });
      checked = Object.values(audited.checked).reduce((sum, things) => sum + things, 0);
      underWay = audited.underWay;
      expect(audited.findings).toEqual([]);
    },
    async end() {
      writeCounts({
        ...{ suite: name, faults: injected, orders: flows.flatMap(({ orders }) => orders).length },
        ...{ checks: checked, underWay, seconds: Math.round((Date.now() - beganMs) / 1_000) },
      });
      await letGoOf(ends);
    },
  };
}
