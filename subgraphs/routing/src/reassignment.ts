import { assign, openLines, type AssignmentChange, type Given } from './assignment.ts';
import type { Choice, Line } from './choose-sellers.ts';
import { counts, isSent, wasSent, type Delivery } from './delivery.ts';
import { assigned, estimateAt } from './eta.ts';
import { isLive, type NewId, type OrderRoute } from './order-route.ts';

/** Why others are looked for. */
export type Cause =
  /** The sellers of these lines have not got them. */
  | {
      readonly kind: 'STOCK_REJECTED';
      readonly attempt: number;
      readonly lineNos: readonly number[];
      readonly reason: string;
    }
  /** What was reserved was gone when the money came. */
  | { readonly kind: 'CONFIRMATION_FAILED'; readonly attempt: number; readonly reason: string }
  /** A seller has rejected its parcel: its lines are with nobody. */
  | { readonly kind: 'REJECTED'; readonly reason: string }
  /** This seller's parcel is to be sent by somebody else. */
  | { readonly kind: 'MOVED'; readonly sellerId: string; readonly reason: string }
  /** The order waits for this attempt, and nothing tells why there is none yet. */
  | { readonly kind: 'ASKED_AGAIN'; readonly attempt: number };

/** What is to be asked, and of whom. */
export type Plan = {
  /** With what was learned of its sellers. */
  readonly route: OrderRoute;
  readonly lines: readonly Line[];
  /** Per line number the sellers that are out of the question. */
  readonly excluded: ReadonlyMap<number, ReadonlySet<string>>;
  /** Stock has refused so often that nobody is looked for any more. */
  readonly isLast: boolean;
  /** Of `lines` those that cannot stay where they are. */
  readonly lost: readonly number[];
  readonly reason: string;
};

/** So many assignments of an order may be refused by stock; then it counts as not to be served. */
const mostStockRefusals = 3;

/** Sellers who are out of the question for these lines from now on. */
function exclude(route: OrderRoute, sellerIds: readonly string[], lineNos: readonly number[]): OrderRoute {
  const excluded: Record<string, readonly string[]> = { ...route.excluded };
  for (const lineNo of lineNos) excluded[lineNo] = [...new Set([...(excluded[lineNo] ?? []), ...sellerIds])];
  return { ...route, excluded };
}

/** For the whole order, for ever. */
export const excludeForGood = (route: OrderRoute, sellerId: string): OrderRoute =>
  exclude(
    route,
    [sellerId],
    route.lines.map(({ lineNo }) => lineNo),
  );

/** What a cause asks for; undefined: nothing, or it was answered before. */
export function planReassignment(route: OrderRoute, deliveries: readonly Delivery[], cause: Cause): Plan | undefined {
  if (!isLive(route)) return undefined;
  const waiting = linesOfNobody(route, deliveries);
  // Everything got lost: there is nothing left to send.
  if (waiting.length === 0 && !deliveries.some(counts)) return undefined;
  const open = deliveries.filter(each => counts(each) && !isSent(each));
  const refused = (lineNos: readonly number[], known: OrderRoute, concerned: readonly Delivery[], reason: string) => {
    if (concerned.length + waiting.length === 0 && route.stockRefusals >= mostStockRefusals) return undefined;
    return planOf({ ...known, stockRefusals: route.stockRefusals + 1 }, deliveries, {
      ...{ lines: [...waiting, ...concerned.flatMap(({ lines }) => lines)], refused: lineNos, reason },
    });
  };

  switch (cause.kind) {
    case 'STOCK_REJECTED': {
      if (route.state !== 'ASSIGNED' || route.attempt !== cause.attempt) return undefined;
      const refusedOf = (delivery: Delivery) => lineNosOf([delivery]).filter(lineNo => cause.lineNos.includes(lineNo));
      const concerned = open.filter(delivery => refusedOf(delivery).length > 0);
      const known = concerned.reduce((so, each) => exclude(so, [each.sellerId], refusedOf(each)), route);
      return refused(cause.lineNos, known, concerned, cause.reason);
    }
    case 'CONFIRMATION_FAILED': {
      if (route.state !== 'ASSIGNED' || route.attempt !== cause.attempt) return undefined;
      const concerned = open.filter(({ status }) => status === 'ASSIGNED');
      return refused(lineNosOf(concerned), route, concerned, cause.reason);
    }
    case 'REJECTED':
      return waiting.length === 0
        ? undefined
        : planOf(route, deliveries, { lines: waiting, refused: [], reason: cause.reason });
    case 'MOVED': {
      const from = open.find(({ sellerId }) => sellerId === cause.sellerId);
      if (from === undefined) return undefined;
      const known = exclude(route, [cause.sellerId], lineNosOf([from]));
      const lines = [...waiting, ...from.lines];
      return planOf(known, deliveries, { lines, refused: [], reason: cause.reason });
    }
    case 'ASKED_AGAIN': {
      if (waiting.length > 0)
        return planReassignment(route, deliveries, { kind: 'REJECTED', reason: 'a seller has rejected it' });
      if (cause.attempt <= route.attempt) return undefined;
      const concerned = open.filter(({ status }) => status === 'ASSIGNED');
      return refused(lineNosOf(concerned), route, concerned, 'its sellers could not send it');
    }
  }
}

const lineNosOf = (deliveries: readonly Delivery[]): number[] =>
  deliveries.flatMap(({ lines }) => lines.map(({ lineNo }) => lineNo));

/** Lines that are wanted, and that nobody sends or has sent. */
function linesOfNobody(route: OrderRoute, deliveries: readonly Delivery[]): Line[] {
  const taken = new Set(lineNosOf(deliveries.filter(each => counts(each) || wasSent(each))));
  return openLines(route).filter(({ lineNo }) => !taken.has(lineNo));
}

function planOf(
  route: OrderRoute,
  deliveries: readonly Delivery[],
  asked: { lines: readonly Line[]; refused: readonly number[]; reason: string },
): Plan {
  const { lines, reason } = asked;
  const isLast = asked.refused.length > 0 && route.stockRefusals >= mostStockRefusals;
  // Who has handed over is done with the order.
  const gone = deliveries.filter(wasSent).map(({ sellerId }) => sellerId);
  const excluded = new Map(lines.map(({ lineNo }) => [lineNo, new Set([...(route.excluded[lineNo] ?? []), ...gone])]));
  const mayStay = ({ lineNo }: Line): boolean =>
    !(isLast && asked.refused.includes(lineNo)) &&
    deliveries.some(
      each =>
        counts(each) &&
        !isSent(each) &&
        !excluded.get(lineNo)?.has(each.sellerId) &&
        each.lines.some(line => line.lineNo === lineNo),
    );
  const lost = lines.filter(line => !mayStay(line)).map(({ lineNo }) => lineNo);
  return { route, lines: lines.toSorted((a, b) => a.lineNo - b.lineNo), excluded, isLast, lost, reason };
}

/** Whether two plans ask the same, so that the answer to one is that to the other. */
export const sameQuestion = (one: Plan, other: Plan): boolean => question(one) === question(other);
const question = ({ lines, excluded }: Plan): string =>
  JSON.stringify([lines, [...excluded].map(([lineNo, ids]) => [lineNo, [...ids].sort()])]);

/**
 * The next attempt by a plan. `choice` is the answer to it; without one nobody was looked for. A line that nobody was found for stays where
 * it is, if it can: what is seen of stock elsewhere may be of some time ago.
 */
export function reassign(
  plan: Plan,
  deliveries: readonly Delivery[],
  choice: Pick<Choice, 'parcels' | 'unserved'> | undefined,
  given: Pick<Given, 'lanes' | 'now'>,
  newId: NewId,
): AssignmentChange {
  const { route, lines, lost } = plan;
  const { parcels, unserved } = choice ?? { parcels: [], unserved: lines };
  const staying = new Set(unserved.map(({ lineNo }) => lineNo).filter(lineNo => !lost.includes(lineNo)));
  return assign(
    route,
    deliveries,
    { parcels, unserved: unserved.filter(({ lineNo }) => !staying.has(lineNo)) },
    {
      ...given,
      lineNos: lines.map(({ lineNo }) => lineNo).filter(lineNo => !staying.has(lineNo)),
      ...(plan.isLast ? { isLast: true, reason: plan.reason } : {}),
    },
    newId,
  );
}

/** How much earlier the lines of a parcel would arrive by these others, in minutes; less than nothing when they would be later. */
export function gainMinutes(
  route: OrderRoute,
  { progress }: Delivery,
  choice: Pick<Choice, 'parcels'>,
  given: { readonly now: number; readonly predictedDelayMinutes: number },
): number {
  const now = new Date(given.now);
  const late = (route.promisedAt ?? 0) + given.predictedDelayMinutes * 60_000;
  const present = Math.max(estimateAt(progress, now).expectedAt.getTime(), late);
  const others = choice.parcels.map(({ chosen }) =>
    estimateAt(assigned(chosen, new Date(route.placedAt), now), now).expectedAt.getTime(),
  );
  return (present - Math.max(...others)) / 60_000;
}
