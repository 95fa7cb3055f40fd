import type { Delivery } from '@waygraph/routing/delivery';
import { worthMovingMinutes } from '@waygraph/routing/move-late-parcel';
import { partiesOf, type OrderRoute, type RouteChange } from '@waygraph/routing/order-route';
import type { Cause } from '@waygraph/routing/reassignment';
import { AssignmentRejected } from '@waygraph/schema/events/delivery';
import {
  OrderCancelled,
  OrderCancelling,
  OrderCancelRequested,
  OrderConfirmed,
  OrderPlaced,
  StepRetryRequested,
} from '@waygraph/schema/events/orders';
import { DelayConfirmed } from '@waygraph/schema/events/risk';
import { StockConfirmationFailed, StockRejected } from '@waygraph/schema/events/stock';
import type { Broker } from './broker.ts';
import type { Decisions } from './decisions.ts';
import { on, onWithCalls, type Call } from './handlers.ts';
import type { Market } from './market.ts';
import { createParcels, type Parcels } from './parcels.ts';
import { createRouteStore, noLanes, type Known } from './route-store.ts';
import { note, type Run } from './run.ts';

type Ended = Parameters<Decisions['routing']['tombstoneOf']>[0];
type Late = ReturnType<typeof DelayConfirmed.parse>['data'];
export type Routing = Parcels & {
  readonly routes: ReadonlyMap<string, OrderRoute>;
  readonly deliveries: ReadonlyMap<string, readonly Delivery[]>;
  /** Risk tells that a parcel will be late. */
  readonly confirmDelay: (orderId: string, sellerId: string) => boolean;
};

const located = { lat: -23.5, lon: -46.6, hub: 'SP', locatedBy: 'CITY' } as const;

/** Routing's use cases in memory. `onParcel` is told of each parcel that changes. */
export function createRouting(
  run: Run,
  broker: Broker,
  market: Market,
  decisions: Decisions['routing'],
  onParcel: (parcel: Delivery) => void,
): Routing {
  const { agenda, random, newId } = run;
  const store = createRouteStore(run, broker, market, decisions, onParcel);
  const { routes, deliveries, over, lock, save, choose, findOthers, agreed, saveAssignment, saveReassignment } = store;
  /** Risk's own count of its events. */
  const delays = new Map<string, number>();

  /** A choice takes its time, and nothing is locked meanwhile. */
  const takingTime = (finish: () => void): Call => ({
    takesMs: random.chance(0.1) ? random.int(5_000) : random.between(1, 60),
    ask: () => finish,
  });

  function place(order: ReturnType<typeof OrderPlaced.parse>['data']): Call {
    const lines = order.lines.map(({ lineNo, productId, quantity }) => ({ lineNo, productId, quantity }));
    const unassigned: OrderRoute = {
      ...{ orderId: order.orderId, customerId: order.customerId, version: 0, state: 'UNAVAILABLE', attempt: 0 },
      ...{ sellerIds: [], lines, droppedLineNos: [], excluded: {}, allowPartial: order.allowPartial, located },
      ...{ placedAt: Date.parse(order.placedAt), promisedAt: null, cancelledAttempt: null, stockRefusals: 0 },
      ...{ unservedLineNos: [], endReason: null },
    };
    const choice = choose(lines, new Map());
    return takingTime(() => {
      if (!routes.has(order.orderId))
        saveAssignment(decisions.assign(unassigned, [], choice, { lanes: noLanes, now: agenda.now() }, newId), choice);
    });
  }

  function reassign(
    orderId: string,
    cause: Cause,
    otherwise: (known: Known) => RouteChange | undefined = () => undefined,
  ): Call {
    const answered = findOthers(orderId, cause);
    return takingTime(() => {
      const known = lock(orderId);
      if (known === undefined) return;
      const plan = decisions.planReassignment(known.route, known.deliveries, cause);
      if (plan === undefined) save(otherwise(known));
      else saveReassignment(known.deliveries, agreed(plan, answered));
    });
  }

  // Cancelling

  function decideFor(order: Ended, by: (known: Known) => RouteChange | undefined): void {
    const known = lock(order.orderId);
    const route = known?.route ?? decisions.tombstoneOf(order, agenda.now());
    const change = by(known ?? { route, deliveries: [] });
    save(change ?? (known === undefined ? { route, deliveries: [], events: [] } : undefined));
  }

  function cancel(order: Ended, asked: Parameters<typeof decisions.cancelAll>[2]): void {
    over.add(order.orderId);
    decideFor(order, ({ route, deliveries: of }) => decisions.cancelAll(route, of, asked));
  }

  function answerStep(asked: ReturnType<typeof StepRetryRequested.parse>['data']): Call {
    const { orderId, step, attempt, status } = asked;
    const isOver = status === 'CANCELLING' || status === 'CANCELLED';
    if (step === 'ASSIGNMENT' && !isOver)
      return reassign(orderId, { kind: 'ASKED_AGAIN', attempt }, known =>
        decisions.tellAgain(known.route, known.deliveries, { attempt }),
      );
    return takingTime(() => {
      const known = lock(orderId);
      if (step === 'CANCEL' && known !== undefined)
        save(
          decisions.decideCancel(known.route, known.deliveries, { reason: 'cancelled by the customer', again: true }),
        );
      if (step === 'ASSIGNMENT') cancel(asked, { attempt, reason: 'the order is cancelled', again: true });
    });
  }

  function confirmDelay(orderId: string, sellerId: string): boolean {
    const route = routes.get(orderId);
    if (route === undefined) return false;
    const seq = (delays.get(orderId) ?? 0) + 1;
    delays.set(orderId, seq);
    const late = { ...partiesOf(route), sellerId, predictedDelayMinutes: random.int(10_000), reason: 'a jam' };
    broker.tell([DelayConfirmed.outboxEvent(late, { seq })]);
    return true;
  }

  function moveLate({ orderId, sellerId, predictedDelayMinutes, reason }: Late): Call {
    const cause: Cause = { kind: 'MOVED', sellerId, reason };
    const answered = findOthers(orderId, cause);
    const choice = answered?.choice;
    return takingTime(() => {
      if (choice === undefined || choice.parcels.length === 0 || choice.unserved.length > 0) return;
      const known = lock(orderId);
      const plan = known && decisions.planReassignment(known.route, known.deliveries, cause);
      const delivery = known?.deliveries.find(each => each.sellerId === sellerId);
      if (known === undefined || plan === undefined || delivery === undefined) return;
      const asked = agreed(plan, answered);
      const given = { now: agenda.now(), predictedDelayMinutes };
      if (decisions.gainMinutes(plan.route, delivery, choice, given) <= worthMovingMinutes) return;
      note(run, 'moved for a delay');
      saveReassignment(known.deliveries, asked);
    });
  }

  broker.subscribe('routing', [
    onWithCalls(OrderPlaced, place),
    onWithCalls(StockRejected, ({ orderId, ...rejected }) =>
      reassign(orderId, { kind: 'STOCK_REJECTED', ...rejected }),
    ),
    onWithCalls(StockConfirmationFailed, ({ orderId, ...failed }) =>
      reassign(orderId, { kind: 'CONFIRMATION_FAILED', ...failed }),
    ),
    onWithCalls(AssignmentRejected, ({ orderId, reason }) => reassign(orderId, { kind: 'REJECTED', reason })),
    on(OrderConfirmed, ({ orderId, attempt }) => {
      const known = lock(orderId);
      save(known && decisions.startAll(known.route, known.deliveries, { attempt, now: agenda.now() }));
    }),
    on(OrderCancelRequested, order =>
      decideFor(order, ({ route, deliveries: of }) =>
        decisions.decideCancel(route, of, { reason: order.reason ?? 'cancelled by the customer' }),
      ),
    ),
    on(OrderCancelling, order => cancel(order, order.undo.includes('DELIVERY') ? order : undefined)),
    on(OrderCancelled, order => cancel(order, undefined)),
    onWithCalls(StepRetryRequested, answerStep),
    onWithCalls(DelayConfirmed, moveLate),
  ]);

  return { ...createParcels(run, store, decisions), routes, deliveries, confirmDelay };
}
