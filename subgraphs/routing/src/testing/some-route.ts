import type { OutboxEvent } from '@waygraph/schema/events/define';
import { assign, type AssignmentChange } from '../assignment.ts';
import type { Choice } from '../choose-sellers.ts';
import { handOver, type Delivery } from '../delivery.ts';
import { nextVersion, startAll, type OrderRoute, type RouteChange } from '../order-route.ts';
import { planReassignment, reassign, type Cause } from '../reassignment.ts';
import { splitLines } from '../split-lines.ts';
import { someCandidate } from './some-candidate.ts';

const hour = 3_600_000;
const began = Date.parse('2026-11-21T09:00:00.000Z');

/** Who has which lines, the best first: `{ a: [1, 2] }`. */
export type Shelves = Readonly<Record<string, readonly number[]>>;

/** An order on its way through decisions, without any database: what each of them gives is kept and told. */
export function someRoute(lineNos: readonly number[], change: Partial<OrderRoute> = {}) {
  let route: OrderRoute = {
    ...{ orderId: 'o', customerId: 'c', version: 0, state: 'UNAVAILABLE', attempt: 0, sellerIds: [] },
    ...{ lines: lineNos.map(lineNo => ({ lineNo, productId: `p${String(lineNo)}`, quantity: 1 })), droppedLineNos: [] },
    ...{ excluded: {}, allowPartial: false, located: { lat: 0, lon: 0, hub: 'RS', locatedBy: 'POINT' } },
    ...{ placedAt: began, promisedAt: null, cancelledAttempt: null, stockRefusals: 0 },
    ...{ unservedLineNos: [], endReason: null },
    ...change,
  };
  let deliveries: readonly Delivery[] = [];
  let now = began;
  let ids = 0;
  const told: OutboxEvent[] = [];
  const newId = (): string => `id${String((ids += 1))}`;
  const lanes = new Map<string, never>();

  function choose(
    lines: OrderRoute['lines'],
    shelves: Shelves,
    excluded: ReadonlyMap<number, ReadonlySet<string>>,
  ): Choice {
    const byLine = new Map(
      lines.map(({ lineNo }) => [
        lineNo,
        Object.entries(shelves).flatMap(([sellerId, own], index) =>
          own.includes(lineNo) && !excluded.get(lineNo)?.has(sellerId)
            ? // So far apart that nobody takes lines along for being hardly later.
              [someCandidate({ sellerId, handlingMinutes: 600 + 600 * index })]
            : [],
        ),
      ]),
    );
    return { ...splitLines(lines, byLine), byLine };
  }

  function apply<Change extends RouteChange>(made: Change | undefined): Change | undefined {
    now += hour;
    if (made === undefined) return undefined;
    route = made.route;
    const changed = new Map(made.deliveries.map(each => [each.sellerId, each]));
    deliveries = [
      ...deliveries.map(each => changed.get(each.sellerId) ?? each),
      ...made.deliveries.filter(each => !deliveries.some(({ id }) => id === each.id)),
    ];
    told.push(...made.events);
    return made;
  }

  const order = {
    apply,
    told,
    get route() {
      return route;
    },
    get deliveries() {
      return deliveries;
    },
    get now() {
      return now;
    },
    parcel: (sellerId: string): Delivery => {
      const found = deliveries.find(each => each.sellerId === sellerId);
      if (found === undefined) throw new Error(`${sellerId} has no parcel`);
      return found;
    },
    assign: (shelves: Shelves) =>
      apply(assign(route, deliveries, choose(route.lines, shelves, new Map()), { lanes, now }, newId)),
    confirm: (attempt = route.attempt) => apply(startAll(route, deliveries, { attempt, now })),
    handOver: (sellerId: string) => {
      const decision = handOver(order.parcel(sellerId), { at: now, now }, { factor: 1, revision: 0 });
      if (decision.kind !== 'done') throw new Error(`${sellerId} cannot hand over: ${decision.kind}`);
      return apply({ route, deliveries: [nextVersion(decision.delivery)], events: [] });
    },
    /** Undefined when there is nothing to reassign. */
    reassign: (cause: Cause, shelves: Shelves): AssignmentChange | undefined => {
      const plan = planReassignment(route, deliveries, cause);
      const choice = plan && !plan.isLast ? choose(plan.lines, shelves, plan.excluded) : undefined;
      return apply(plan && reassign(plan, deliveries, choice, { lanes, now }, newId));
    },
    /** What was told last of the assignment: its parcels as `seller: lines`. */
    assignment: () => {
      const event = told.findLast(({ type }) => type === 'SellerAssigned' || type === 'SellerUnavailable');
      const payload = event?.payload as
        | {
            attempt: number;
            parcels?: { sellerId: string; lines: { lineNo: number }[] }[];
            droppedLineNos?: number[];
            lineNos?: number[];
          }
        | undefined;
      if (payload?.parcels === undefined) return { attempt: payload?.attempt, unserved: payload?.lineNos };
      const parcels = new Map(
        payload.parcels.map(({ sellerId, lines }) => [sellerId, lines.map(({ lineNo }) => lineNo)]),
      );
      return {
        attempt: payload.attempt,
        parcels: Object.fromEntries<number[]>(parcels),
        dropped: payload.droppedLineNos,
      };
    },
    statuses: () => Object.fromEntries(deliveries.map(({ sellerId, status }) => [sellerId, status])),
  };
  return order;
}
