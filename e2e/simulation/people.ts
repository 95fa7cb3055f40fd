import type { OrderLine } from '@waygraph/orders/order';
import type { Delivery } from '@waygraph/routing/delivery';
import type { Market } from './market.ts';
import type { Provider } from './provider.ts';
import { note, type Run } from './run.ts';
import type { Services } from './simulate.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const resolutions = ['DONE_BY_HAND', 'WRITTEN_OFF'] as const;

export type People = {
  readonly begin: (services: Services, orders: number, spanMs: number) => void;
  /** A parcel has changed. */
  readonly onParcel: (parcel: Delivery) => void;
  /** A saga cannot go on by itself. */
  readonly onStuck: (orderId: string) => void;
};

/** Customers, sellers, carriers and operators: who does what, and when. They ask at any moment; the services refuse what is too late. */
export function createPeople(run: Run, market: Market, provider: Provider): People {
  const { agenda, random, faults } = run;
  let services: Services;

  /** Some while from now: within the saga's first seconds, while the parcel is prepared, or much later. */
  const someTime = (): number => random.int(random.pick([300, 5_000, 5_000, 10 * minuteMs, 10 * hourMs]));
  const told = (what: string, isDone: boolean): void => note(run, `${what} ${isDone ? 'done' : 'refused'}`);
  const codes = [...market.coupons.keys(), ...market.coupons.keys(), ...market.coupons.keys(), 'none'];
  /** Mostly one who has a parcel of it. */
  function aSeller(orderId: string): string {
    const parcels = services.routing.deliveries.get(orderId) ?? [];
    return parcels.length > 0 && random.chance(0.9) ? random.pick(parcels).sellerId : random.pick(market.sellerIds);
  }

  function place(nth: number): void {
    const lines = Array.from({ length: random.between(1, 4) }, (_, index): OrderLine => {
      const { id, priceMinor } = random.pick(market.products);
      return {
        ...{ lineNo: index + 1, productId: id, name: id, quantity: random.between(1, 3), unitPriceMinor: priceMinor },
        ...{ status: 'ACTIVE', sellerId: null },
      };
    });
    const order = {
      ...{ key: `key-${nth}`, customerId: random.pick(market.customerIds), lines },
      paymentMethod: random.pick(['WALLET', 'CARD'] as const),
      couponCode: random.chance(0.4) ? random.pick(codes) : null,
      allowPartial: random.chance(0.4),
    };
    const orderId = services.orders.place(order);
    // An answer that did not come through is asked for again.
    if (random.chance(0.1)) agenda.after(random.int(10_000), () => services.orders.place(order));
    meddle(orderId);
  }

  /** What happens to some orders at any moment of their way. */
  function meddle(orderId: string): void {
    const { orders, routing } = services;
    const sometimes = (probability: number, what: string, act: () => boolean): void => {
      if (!random.chance(probability)) return;
      for (let times = random.pick([1, 1, 2]); times > 0; times -= 1) agenda.after(someTime(), () => told(what, act()));
    };
    sometimes(faults.cancels, 'cancellation', () => orders.cancel(orderId));
    sometimes(faults.rejectsAssignment, 'rejection', () => routing.rejectAssignment(orderId, aSeller(orderId)));
    sometimes(faults.reassigns, 'reassignment', () => routing.reassignDelivery(orderId, aSeller(orderId)));
    sometimes(faults.delayConfirmed, 'delay', () => routing.confirmDelay(orderId, aSeller(orderId)));
    sometimes(faults.operatorMeddles, 'resuming', () => orders.resume(orderId));
    sometimes(faults.operatorMeddles, 'closing', () => orders.close(orderId, random.pick(resolutions)));
  }

  /** Sooner or later somebody does it, whatever came in between; once more now and then. */
  function insist(what: string, inMs: number, act: () => boolean): void {
    agenda.after(inMs, () => {
      told(what, act());
      if (random.chance(0.1)) agenda.after(random.int(hourMs), () => told(`repeated ${what}`, act()));
    });
  }

  /** An operator does something about it, at last what is not refused. */
  function seeTo(orderId: string): void {
    agenda.after(random.between(10_000, 5 * hourMs), () => {
      const { orders } = services;
      if (!orders.needsOperator(orderId)) return;
      if (random.chance(0.6)) {
        if (random.chance(0.7)) provider.mend(orderId);
        told('resuming', orders.resume(orderId));
        return;
      }
      const resolution = random.pick(resolutions);
      const isClosed = orders.close(orderId, resolution);
      told(`closing as ${resolution}`, isClosed);
      if (orders.needsOperator(orderId)) seeTo(orderId);
    });
  }

  return {
    begin: (given, orders, spanMs) => {
      services = given;
      for (let nth = 1; nth <= orders; nth += 1) agenda.after(random.int(spanMs), () => place(nth));
      for (const shelf of market.shelves) {
        if (!random.chance(0.2)) continue;
        agenda.after(random.int(spanMs), () => {
          shelf.sellerActive = false;
          agenda.after(random.int(spanMs), () => (shelf.sellerActive = true));
        });
      }
    },
    onParcel: ({ orderId, sellerId, status }) => {
      const { orders, routing } = services;
      if (status === 'ASSIGNED') {
        // While money and confirmation are still on their way.
        const inMs = random.int(500);
        if (random.chance(faults.rejectsAssignment / 3))
          agenda.after(inMs, () => told('rejection', routing.rejectAssignment(orderId, sellerId)));
        if (random.chance(faults.reassigns / 3))
          agenda.after(inMs, () => told('reassignment', routing.reassignDelivery(orderId, sellerId)));
      }
      if (status === 'STARTED') {
        const inMs = random.int(random.chance(0.2) ? 2_000 : 10 * hourMs);
        insist('hand-over', inMs, () => routing.confirmHandover(orderId, sellerId));
        // Just then, when one does not know of the other yet.
        const beside = Math.max(0, inMs + random.between(-500, 500));
        if (random.chance(faults.cancels / 2)) agenda.after(beside, () => told('cancellation', orders.cancel(orderId)));
        if (random.chance(faults.rejectsAssignment / 4))
          agenda.after(beside, () => told('rejection', routing.rejectAssignment(orderId, sellerId)));
      }
      if (status !== 'HANDED_OVER') return;
      if (random.chance(0.5)) agenda.after(random.int(hourMs), () => void routing.recordScan(orderId, sellerId));
      const deed = random.chance(faults.losesParcel) ? ('loss' as const) : ('delivery' as const);
      const act = deed === 'loss' ? routing.reportLost : routing.confirmDelivery;
      insist(deed, random.int(90 * hourMs), () => act(orderId, sellerId));
    },
    onStuck: orderId => {
      note(run, 'needs an operator');
      seeTo(orderId);
    },
  };
}
