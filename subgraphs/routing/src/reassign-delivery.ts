import { userError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import type { Geography } from './candidates.ts';
import { lockParcel, noSuchParcel, refused, type ParcelResult } from './change-parcel.ts';
import { end, type Delivery } from './delivery.ts';
import { checkReason, endedResult, type EndCommand } from './end-parcel.ts';
import { findOthers, saveReassignment, type Answered } from './reassign-order.ts';
import { planReassignment, sameQuestion, type Cause } from './reassignment.ts';

type Deps = Pick<Geography, 'read' | 'roadKm'> & { readonly pool: Pool; readonly sql: Sql };

/** So often others are looked for while the order goes on changing. */
const mostTries = 3;

/** An operator gives a parcel to the next best sellers, who are chosen at once. Once more: the same answer. */
export async function reassignDelivery(
  deps: Deps,
  viewer: Viewer | undefined,
  command: EndCommand,
): Promise<ParcelResult> {
  if (viewer?.role !== 'operator') return refused(userError('FORBIDDEN', 'only operators may reassign a parcel'));
  const faults = checkReason(command);
  if (faults.length > 0) return refused(...faults);

  const { orderId, sellerId, reason } = command;
  const cause: Cause = { kind: 'MOVED', sellerId, reason };
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const answered = await findOthers(deps, orderId, cause);
    const result = await withTransaction(deps.pool, sql => move(sql, viewer, command, { cause, answered }));
    if (result !== undefined) return result;
  }
  return refused(userError('STALE_STATE', 'the order goes on changing; try again', 'orderId'));
}

/** Undefined: the order has changed since others were looked for. */
async function move(
  sql: Sql,
  viewer: Viewer,
  command: EndCommand,
  { cause, answered }: { cause: Cause; answered: Answered | undefined },
): Promise<ParcelResult | undefined> {
  const found = await lockParcel(sql, viewer, command);
  if (found === undefined) return refused(noSuchParcel);
  const { route, deliveries, delivery } = found;
  const decision = end(delivery, { how: 'REASSIGNED', seq: route.version + 1, at: 0 });
  if (decision.kind === 'refused') return refused(decision.refusal);
  if (decision.kind === 'repeat') return endedResult(delivery, decision.ended);

  const plan = planReassignment(route, deliveries, cause);
  if (plan === undefined || answered === undefined || !sameQuestion(plan, answered.plan)) return undefined;
  const { choice } = answered;
  if (choice === undefined || choice.unserved.length > 0)
    return refused(userError('OUT_OF_STOCK', 'no other seller has all of it within reach', 'sellerId'));
  const saved = await saveReassignment(sql, deliveries, { plan, choice });
  const moved = saved.deliveries.find(({ id }: Delivery) => id === delivery.id);
  return endedResult(moved ?? delivery);
}
