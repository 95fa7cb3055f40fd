import { WaygraphError } from '@waygraph/kit/errors';
import type { Delivery, LaneNow } from '@waygraph/routing/delivery';
import type { OrderRoute, RouteChange } from '@waygraph/routing/order-route';
import type { Cause, Plan } from '@waygraph/routing/reassignment';
import type { Broker } from './broker.ts';
import type { Decisions } from './decisions.ts';
import { chooseFrom, type Market } from './market.ts';
import { checkRoute, checkUnavailable } from './route-rules.ts';
import type { Run } from './run.ts';

export type Choice = ReturnType<typeof chooseFrom>;
export type Answered = { readonly plan: Plan; readonly choice: Choice | undefined };
export type Known = { readonly route: OrderRoute; readonly deliveries: readonly Delivery[] };

export const noLanes: ReadonlyMap<string, LaneNow> = new Map();

export type RouteStore = ReturnType<typeof createRouteStore>;

/** Routing's tables, and how it looks for others. `onParcel` is told of each parcel that changes. */
export function createRouteStore(
  run: Run,
  broker: Broker,
  market: Market,
  decisions: Decisions['routing'],
  onParcel: (parcel: Delivery) => void,
) {
  const { agenda, random, newId } = run;
  const routes = new Map<string, OrderRoute>();
  const deliveries = new Map<string, readonly Delivery[]>();
  /** Orders that somebody was told to cancel here: nothing of them sets out any more. */
  const over = new Set<string>();

  const parcelsOf = (orderId: string): readonly Delivery[] => deliveries.get(orderId) ?? [];
  const lock = (orderId: string): Known | undefined => {
    const route = routes.get(orderId);
    return route && { route, deliveries: parcelsOf(orderId) };
  };

  function save(change: RouteChange | undefined): void {
    if (change === undefined) return;
    const { route, deliveries: changed, events } = change;
    const { orderId } = route;
    checkRoute(run, lock(orderId), change, over.has(orderId));
    routes.set(orderId, route);
    if (changed.length > 0) {
      const kept = parcelsOf(orderId).filter(({ id }) => changed.every(each => each.id !== id));
      deliveries.set(orderId, [...kept, ...changed]);
    }
    broker.tell(events);
    for (const parcel of changed) onParcel(parcel);
  }

  const choose = (lines: OrderRoute['lines'], excluded: ReadonlyMap<number, ReadonlySet<string>>): Choice =>
    chooseFrom(market, random, lines, excluded);

  function findOthers(orderId: string, cause: Cause): Answered | undefined {
    const known = lock(orderId);
    const plan = known && decisions.planReassignment(known.route, known.deliveries, cause);
    if (plan === undefined) return undefined;
    const { lines, excluded, isLast } = plan;
    if (isLast || plan.route.located === null || lines.length === 0) return { plan, choice: undefined };
    return { plan, choice: choose(lines, excluded) };
  }

  function agreed(plan: Plan, answered: Answered | undefined): Answered {
    if (answered === undefined || answered.plan.isLast !== plan.isLast || !decisions.sameQuestion(answered.plan, plan))
      throw new WaygraphError('UNAVAILABLE', 'the order has changed meanwhile');
    return { plan, choice: answered.choice };
  }

  /** `choice`: what the change goes by. */
  function saveAssignment(change: RouteChange, choice: Choice | undefined): void {
    checkUnavailable(run, change, choice?.seen);
    save(change);
  }

  const saveReassignment = (of: readonly Delivery[], { plan, choice }: Answered): void =>
    saveAssignment(decisions.reassign(plan, of, choice, { lanes: noLanes, now: agenda.now() }, newId), choice);

  return {
    routes,
    deliveries,
    over,
    parcelsOf,
    lock,
    save,
    choose,
    findOthers,
    agreed,
    saveAssignment,
    saveReassignment,
  };
}
