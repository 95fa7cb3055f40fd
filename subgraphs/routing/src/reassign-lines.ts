import { WaygraphError } from '@waygraph/kit/errors';
import type { Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import type { AssignDeps } from './assign-seller.ts';
import { assign, exclude, mostAttempts, openLines, unavailable } from './assignment.ts';
import { chooseSellers } from './choose-sellers.ts';
import type { Delivery } from './delivery.ts';
import { factorsOf, holdLaneFactors } from './lane-factors.ts';
import { clockOf, lockRoute, readRoutes } from './load-route.ts';
import type { OrderRoute } from './order-route.ts';
import { readDeliveries } from './read-deliveries.ts';
import { saveChanges } from './save-route.ts';

/** What is given to others: the newest attempt's lines, which their sellers cannot send. */
export type Reassignment = {
  readonly orderId: string;
  readonly attempt: number;
  readonly lineNos: readonly number[];
  readonly reason: string;
};

/** Only the newest attempt can be answered, and only once. */
const isAnswered = ({ state, attempt }: OrderRoute, asked: number): boolean =>
  state !== 'ASSIGNED' || attempt !== asked;

/** The next candidates for an order whose sellers cannot send some lines; nobody left: SellerUnavailable. */
export async function reassignLines(deps: AssignDeps, asked: Reassignment): Promise<void> {
  const { orderId, attempt, lineNos } = asked;
  const [seen] = await readRoutes(deps.sql, [orderId]);
  const isLast = attempt >= mostAttempts;
  const wanted =
    seen === undefined || seen.located === null || isAnswered(seen, attempt) || isLast
      ? undefined
      : exclude(seen, await readDeliveries(deps.sql, [orderId]), lineNos);
  const choice = wanted?.located
    ? await chooseSellers(deps, factorsOf(deps.sql), {
        ...{ lines: openLines(wanted), at: wanted.located, excluded: excludedOf(wanted) },
      })
    : undefined;

  await deps.finish(async sql => {
    const { route, deliveries } = await lockOrder(sql, orderId);
    if (route === undefined || isAnswered(route, attempt)) return;
    const without = exclude(route, deliveries, lineNos);
    if (isLast || route.located === null) {
      await saveChanges(sql, [unavailable(without, lineNos, asked.reason)]);
      return;
    }
    if (choice === undefined) throw new WaygraphError('UNAVAILABLE', `order ${orderId} has changed meanwhile`);
    const lanes = await holdLaneFactors(
      sql,
      choice.parcels.map(({ laneId }) => laneId),
    );
    const change = assign(without, deliveries, choice, { lanes, now: await clockOf(sql) }, uuidv7);
    await saveChanges(sql, [change], { assignments: change.assignments });
  });
}

async function lockOrder(
  sql: Sql,
  orderId: string,
): Promise<{ route: OrderRoute | undefined; deliveries: readonly Delivery[] }> {
  const route = await lockRoute(sql, orderId);
  return { route, deliveries: route === undefined ? [] : await readDeliveries(sql, [orderId]) };
}

const excludedOf = ({ excluded }: OrderRoute): ReadonlyMap<number, ReadonlySet<string>> =>
  new Map(Object.entries(excluded).map(([lineNo, sellerIds]) => [Number(lineNo), new Set(sellerIds)]));
