import type { SagaOrder } from '@waygraph/orders/saga-state';
import type { Fact } from '@waygraph/orders/saga-table';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { decisions, type Decisions } from './decisions.ts';
import type { Faults } from './faults.ts';

/** A mistake that somebody might make in the saga's code, and that a run has to notice. */
export type Mutant = {
  readonly name: string;
  readonly decisions: Decisions;
  /** What it takes for the mistake to matter, where that is rare. */
  readonly faults?: Partial<Faults>;
};

type Parts = { readonly [Service in keyof Decisions]?: Partial<Decisions[Service]> };
const { orders, routing, inventory, payments } = decisions;

const mutant = (name: string, parts: Parts, faults: Partial<Faults> = {}): Mutant => ({
  ...{ name, faults },
  decisions: {
    orders: { ...orders, ...parts.orders },
    routing: { ...routing, ...parts.routing },
    inventory: { ...inventory, ...parts.inventory },
    payments: { ...payments, ...parts.payments },
  },
});

/** Orders that miss, or misread, some facts. */
const readingFacts = (read: (order: SagaOrder, fact: Fact) => Fact | undefined): Parts => ({
  orders: {
    decide: (order, fact, nowMs, stepTimeoutMs) => {
      const given = read(order, fact);
      return given === undefined ? { order, events: [] } : orders.decide(order, given, nowMs, stepTimeoutMs);
    },
  },
});

/** Orders that tell something else than they should. */
const telling = (change: (event: OutboxEvent) => OutboxEvent): Parts => ({
  orders: {
    decide: (...given) => {
      const decision = orders.decide(...given);
      return { ...decision, events: decision.events.map(change) };
    },
  },
});

const withPayload = (event: OutboxEvent, payload: object): OutboxEvent => ({
  ...event,
  payload: { ...(event.payload as object), ...payload },
});

const isDone = (order: SagaOrder, name: string): boolean =>
  order.steps.some(step => step.name === name && step.attempt === order.attempt && step.state === 'DONE');

export const mutants: readonly Mutant[] = [
  // Orders
  mutant(
    'the join misses the answer that comes second',
    readingFacts((order, fact) =>
      (fact.type === 'CouponRedeemed' && isDone(order, 'STOCK')) ||
      (fact.type === 'StockReserved' && isDone(order, 'COUPON'))
        ? undefined
        : fact,
    ),
  ),
  mutant(
    'an order is cancelled as soon as one seller has nothing left',
    readingFacts((_, fact) =>
      fact.type === 'StockRejected'
        ? { type: 'SellerUnavailable', data: { ...fact.data, attempt: fact.data.attempt + 1 } }
        : fact,
    ),
  ),
  mutant(
    'an order is cancelled for a coupon that was redeemed',
    readingFacts((_, fact) =>
      fact.type === 'CouponRedeemed' ? { type: 'CouponRejected', data: { ...fact.data, reason: 'used' } } : fact,
    ),
  ),
  mutant(
    'the attempt of an answer is ignored',
    readingFacts(({ attempt }, fact) => ({ ...fact, data: { ...fact.data, attempt } }) as Fact),
  ),
  mutant(
    'goods are not asked back',
    telling(event =>
      event.type === 'OrderCancelling' ? withPayload(event, { undo: ['DELIVERY', 'COUPON', 'PAYMENT'] }) : event,
    ),
  ),
  mutant(
    'a refund for lines forgets their discount',
    telling(event => {
      const { refundMinor } = event.payload as { refundMinor?: number };
      return refundMinor === undefined || refundMinor === 0
        ? event
        : withPayload(event, { refundMinor: refundMinor + 1 });
    }),
  ),
  mutant(
    'a lost parcel counts as arrived',
    readingFacts((_, fact) =>
      fact.type === 'DeliveryLost' ? { type: 'Delivered', data: { ...fact.data, deliveredAt: '' } } : fact,
    ),
  ),
  mutant(
    'a cancellation that was written off does not count when it is made all the same',
    readingFacts((order, fact) =>
      fact.type === 'DeliveryCancelled' && order.cancelRefused !== null ? undefined : fact,
    ),
    { cancels: 0.5, dies: 0.05 },
  ),
  mutant(
    'what was written off counts as done',
    {
      orders: {
        close: (order, name, by, ...given) =>
          orders.close(order, name, { ...by, resolution: 'DONE_BY_HAND' }, ...given),
      },
    },
    { cancels: 0.5, dies: 0.05 },
  ),
  mutant(
    'money that goes back after the end is not counted',
    readingFacts(({ status }, fact) =>
      fact.type === 'PaymentRefunded' && (status === 'DELIVERED' || status === 'CANCELLED') ? undefined : fact,
    ),
  ),
  mutant('deadlines pass unnoticed', { orders: { timeOut: order => ({ order, events: [] }) } }),
  mutant(
    'an answer is told under the seq of the one before',
    telling(event => (event.type === 'OrderConfirmed' ? { ...event, seq: event.seq - 1 } : event)),
  ),
  // Routing
  mutant('an order is cancelled whose parcel was handed over', {
    routing: {
      decideCancel: (route, deliveries, { reason }) =>
        routing.cancelAll(route, deliveries, { attempt: Math.max(1, route.attempt), reason }),
    },
  }),
  mutant('parcels set out before their newest assignment is confirmed', {
    routing: {
      startAll: (route, deliveries, confirmed) =>
        routing.startAll(route, deliveries, { ...confirmed, attempt: route.attempt }),
    },
  }),
  mutant('a cancelled parcel is handed over', {
    routing: {
      handOver: (delivery, moment, lane) =>
        routing.handOver(delivery.status === 'CANCELLED' ? { ...delivery, status: 'STARTED' } : delivery, moment, lane),
    },
  }),
  mutant('a seller who rejected an order may get it again', { routing: { excludeForGood: route => route } }),
  mutant('nobody is looked for once stock has refused', {
    routing: {
      planReassignment: (...given) => {
        const plan = routing.planReassignment(...given);
        return plan && { ...plan, isLast: plan.isLast || given[2].kind === 'STOCK_REJECTED' };
      },
    },
  }),
  mutant('a seller who was never asked is out of the question', {
    routing: {
      planReassignment: (...given) => {
        const plan = routing.planReassignment(...given);
        const sellers = new Set(['s1', 's2', 's3', 's4']);
        return plan && { ...plan, excluded: new Map(plan.lines.map(({ lineNo }) => [lineNo, sellers])) };
      },
    },
  }),
  mutant('an order nobody can serve keeps its parcels', {
    routing: {
      reassign: (...given) => {
        const change = routing.reassign(...given);
        return change.route.state === 'UNAVAILABLE' ? { ...change, deliveries: [] } : change;
      },
    },
  }),
  // Inventory
  mutant('the tombstone of an order does not keep its goods', {
    inventory: {
      decide: (order, fact, ...given) =>
        inventory.decide(fact.type === 'SellerAssigned' ? { ...order, cancelled: null } : order, fact, ...given),
    },
  }),
  mutant('reservations do not expire', { inventory: { expire: () => undefined } }),
  mutant('a reservation that has expired is sold', {
    inventory: {
      decide: (order, fact, ...given) => {
        if (fact.type !== 'PaymentCaptured') return inventory.decide(order, fact, ...given);
        const reservations = order.reservations.map(each =>
          each.state === 'EXPIRED' ? { ...each, state: 'HELD' as const } : each,
        );
        return inventory.decide({ ...order, reservations }, fact, ...given);
      },
    },
  }),
  mutant('an order that is paid is not sold what it gets by a later attempt', {
    inventory: {
      decide: (order, fact, ...given) =>
        inventory.decide(fact.type === 'SellerAssigned' ? { ...order, paid: false } : order, fact, ...given),
    },
  }),
  mutant('what is lost comes back to the shelf', {
    inventory: {
      decide: (order, fact, ...given) => {
        if (fact.type === 'DeliveryLost') return undefined;
        if (fact.type !== 'OrderLinesDropped') return inventory.decide(order, fact, ...given);
        return inventory.decide(order, { ...fact, data: { ...fact.data, lost: false } }, ...given);
      },
    },
  }),
  // Payments
  mutant('a coupon is not restored', { payments: { couponToRestore: () => undefined } }),
  mutant('a coupon is restored that was never redeemed', {
    payments: { couponToRestore: ({ placed }) => placed?.couponCode ?? undefined },
  }),
  mutant('neither the id nor the state of a step tells a repeat', {
    payments: {
      concerns: () => true,
      couponDue: state => payments.couponDue({ ...state, coupon: { ...state.coupon, state: 'OPEN' } }),
    },
  }),
  mutant('the tombstone of an order does not keep its money', {
    payments: {
      paymentAskedFor: (state, ...given) => {
        const asked = payments.paymentAskedFor({ ...state, cancelled: null }, ...given);
        return asked && { ...asked, state: { ...asked.state, cancelled: state.cancelled } };
      },
    },
  }),
  mutant('a charge that succeeds too late stays', {
    payments: {
      moneyGoesBack: (state, id, how) =>
        how?.isCharged ? { ...state, cancelled: null } : payments.moneyGoesBack(state, id),
    },
  }),
  mutant('a refund is made twice', {
    payments: { refundsDue: state => payments.refundsDue(state).flatMap(refund => [refund, refund]) },
  }),
  mutant('a cancelled order gets all its money back, whatever went back before', {
    payments: {
      moneyGoesBack: (state, ...given) => {
        const claimed = payments.moneyGoesBack(state, ...given);
        if (claimed === state) return state;
        const amountMinor = state.payment?.amountMinor ?? 0;
        return {
          ...claimed,
          refunds: claimed.refunds.map(each => (each.cause === 'CANCELLED' ? { ...each, amountMinor } : each)),
        };
      },
    },
  }),
  mutant('what was settled by hand is tried again', {
    payments: {
      settledByHand: state => ({
        ...state,
        refunds: state.refunds.map(each => (each.state === 'STUCK' ? { ...each, state: 'PENDING' as const } : each)),
      }),
    },
  }),
  mutant(
    'money counts as settled with a coupon that was settled by hand',
    {
      payments: {
        mayMatter: fact => (fact.type === 'StepSettled' ? payments.isOurs(fact.data) : payments.mayMatter(fact)),
      },
    },
    { refundRefused: 0.5, dies: 0.05 },
  ),
  mutant('nobody tells payments what was settled by hand', { payments: { settledByHand: state => state } }),
  mutant('lines that are dropped are not refunded', { payments: { linesDropped: state => state } }),
];
