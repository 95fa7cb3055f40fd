import { randomUUID } from 'node:crypto';
import type { OrderClient } from './order-client.ts';
import type { OrderRequest } from './order-types.ts';
import type { Customer } from './order-world.ts';

/** `couponCode` is good, `NO-SUCH-COUPON` is not: these orders end cancelled. */
export type Errand = {
  customer: Customer;
  productIds: readonly string[];
  payment: 'WALLET' | 'CARD';
  couponCode?: string;
};
export type FlowOrder = { id: string; status: string };

const isOver = (status: string): boolean => status === 'DELIVERED' || status === 'CANCELLED';
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
// Each is looked at time and again: more of them on a slow machine leave it no time to bring them on.
const defaultMostUnderWay = 20;
const lookEveryMs = 300;

/**
 * Orders placed one after another, handed over and delivered, by clients that mean it: what was not acknowledged is said again under
 * the same key until it is. `operator` hands over and delivers.
 */
export function startOrderFlow(options: {
  operator: OrderClient;
  errands: readonly Errand[];
  /** Between two orders. */
  pauseMs?: number;
  /** No more are placed while so many have not ended. */
  mostUnderWay?: number;
}) {
  const { operator, errands, pauseMs = 250, mostUnderWay = defaultMostUnderWay } = options;
  const orders: FlowOrder[] = [];
  const refused: string[] = [];
  const underWay = new Set<Promise<void>>();
  const abandoned = new AbortController();
  let running = true;
  let repeats = 0;
  let lastFault = '';

  async function persistently<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        lastFault = error instanceof Error ? error.message : String(error);
        repeats += 1;
        await pause(100);
        abandoned.signal.throwIfAborted();
      }
    }
  }

  async function place({ customer, productIds, payment, couponCode }: Errand): Promise<FlowOrder | undefined> {
    const input: OrderRequest = {
      lines: productIds.map(productId => ({ productId, quantity: 1 })),
      ...{ shipTo: customer.shipTo, payment, idempotencyKey: randomUUID() },
      ...(couponCode !== undefined && { couponCode }),
    };
    for (;;) {
      const { order, userErrors } = await persistently(() => customer.client.placeOrder(input));
      if (order !== null) return { id: order.id, status: order.status };
      if (userErrors.some(({ code }) => code !== 'IN_PROGRESS')) {
        refused.push(userErrors.map(({ code, message }) => `${code} ${message}`).join('; '));
        return undefined;
      }
      await pause(100);
      abandoned.signal.throwIfAborted();
    }
  }

  /** One look at the order and what can be done about it now; refusals (not yet so far, already done) are looked at again. */
  async function bringOn(order: FlowOrder): Promise<void> {
    const present = await persistently(() => operator.orderStatus(order.id));
    order.status = present?.status ?? 'gone';
    for (const { sellerId, status } of present?.deliveries ?? []) {
      const parcel = { orderId: order.id, sellerId };
      if (order.status === 'CONFIRMED' && status === 'STARTED') {
        await persistently(() => operator.confirmHandover(parcel));
      }
      if (order.status === 'HANDED_OVER' && status === 'HANDED_OVER') {
        await persistently(() => operator.confirmDelivery(parcel));
      }
    }
  }

  async function run(errand: Errand): Promise<void> {
    const order = await place(errand);
    if (order === undefined) return;
    orders.push(order);
    await toItsEnd(order);
  }

  async function toItsEnd(order: FlowOrder): Promise<void> {
    while (!isOver(order.status)) {
      await pause(lookEveryMs);
      abandoned.signal.throwIfAborted();
      await bringOn(order);
    }
  }

  function keep(work: Promise<void>): void {
    const order: Promise<void> = work
      .catch((error: unknown) => {
        if (!abandoned.signal.aborted) throw error;
      })
      .finally(() => underWay.delete(order));
    underWay.add(order);
  }

  async function flow(): Promise<void> {
    for (let turn = 0; running; turn += 1) {
      const errand = errands[turn % errands.length];
      if (errand !== undefined && underWay.size < mostUnderWay) keep(run(errand));
      await pause(pauseMs);
    }
    await Promise.all(underWay);
  }

  const done = flow();
  return {
    /** Every acknowledged order, with the status it was last seen in. */
    orders,
    refused,
    /** Brings on an order that somebody else has placed, from now on. */
    adopt: (id: string): void => {
      const order = { id, status: 'PLACED' };
      orders.push(order);
      keep(toItsEnd(order));
    },
    delivered: () => orders.filter(({ status }) => status === 'DELIVERED').length,
    repeats: () => repeats,
    what: (): string => {
      const counts = Map.groupBy(orders, ({ status }) => status);
      const seen = [...counts].map(([status, { length }]) => `${String(length)} ${status}`).join(', ');
      return `${String(underWay.size)} orders under way, acknowledged: ${seen}; ${String(repeats)} repeats, the last fault: ${lastFault}`;
    },
    /** Places no more; resolves when every order has ended. */
    stop: async (): Promise<void> => {
      running = false;
      await done;
    },
    /** Lets go of everything as it is, for a test that has failed. */
    abandon: async (): Promise<void> => {
      running = false;
      abandoned.abort();
      await done;
    },
  };
}
