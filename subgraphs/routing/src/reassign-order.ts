import { WaygraphError } from '@waygraph/kit/errors';
import type { Sql } from '@waygraph/kit/database';
import { assertNeverThere, uuidv7 } from '@waygraph/kit/outbox';
import type { AssignDeps } from './assign-seller.ts';
import { chooseSellers, type Choice } from './choose-sellers.ts';
import type { Delivery } from './delivery.ts';
import { factorsOf, holdLaneFactors } from './lane-factors.ts';
import { lockOrder, readRoutes } from './load-route.ts';
import type { OrderRoute, RouteChange } from './order-route.ts';
import { readDeliveries } from './read-deliveries.ts';
import { planReassignment, reassign, sameQuestion, type Cause, type Plan } from './reassignment.ts';
import { saveChanges } from './save-route.ts';

/** What a plan asks for, answered outside of any transaction. */
export type Answered = { readonly plan: Plan; readonly choice: Choice | undefined };

/** Others for an order whose sellers cannot send some lines; nobody left: SellerUnavailable, or it goes on without them. */
export async function reassignOrder(
  deps: AssignDeps,
  orderId: string,
  cause: Cause,
  /** What is told when nothing is to be reassigned. */
  otherwise: (route: OrderRoute, deliveries: readonly Delivery[]) => RouteChange | undefined = () => undefined,
): Promise<void> {
  const answered = await findOthers(deps, orderId, cause);
  await deps.finish(async sql => {
    const order = await lockOrder(sql, orderId);
    if (order === undefined) {
      assertNeverThere(orderId);
      return;
    }
    const plan = planReassignment(order.route, order.deliveries, cause);
    if (plan !== undefined) {
      await saveReassignment(sql, order.deliveries, agreed(plan, answered));
      return;
    }
    const change = otherwise(order.route, order.deliveries);
    if (change !== undefined) await saveChanges(sql, [change]);
  });
}

/** What the cause asks for at this moment, and who could do it. The choice takes its time in the read database: nothing is locked. */
export async function findOthers(
  deps: Omit<AssignDeps, 'finish' | 'locate'>,
  orderId: string,
  cause: Cause,
): Promise<Answered | undefined> {
  const [route] = await readRoutes(deps.sql, [orderId]);
  if (route === undefined) return undefined;
  const plan = planReassignment(route, await readDeliveries(deps.sql, [orderId]), cause);
  if (plan === undefined) return undefined;
  const at = plan.route.located;
  const { lines, excluded, isLast } = plan;
  if (isLast || at === null || lines.length === 0) return { plan, choice: undefined };
  return { plan, choice: await chooseSellers(deps, factorsOf(deps.sql), { lines, at, excluded }) };
}

/** The answer belongs to what is asked now that the order is locked; else it is to be asked anew. */
export function agreed(plan: Plan, answered: Answered | undefined): Answered {
  if (answered === undefined || answered.plan.isLast !== plan.isLast || !sameQuestion(answered.plan, plan))
    throw new WaygraphError('UNAVAILABLE', `order ${plan.route.orderId} has changed meanwhile`);
  return { plan, choice: answered.choice };
}

export async function saveReassignment(
  sql: Sql,
  deliveries: readonly Delivery[],
  { plan, choice }: Answered,
): Promise<{ route: OrderRoute; deliveries: readonly Delivery[]; now: number }> {
  const held = await holdLaneFactors(sql, choice?.parcels.map(({ laneId }) => laneId) ?? []);
  const change = reassign(plan, deliveries, choice, held, uuidv7);
  await saveChanges(sql, [change], change.assignments);
  return { ...change, now: held.now };
}
