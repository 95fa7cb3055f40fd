import type { AssignDeps } from './assign-seller.ts';
import { lockOrder } from './load-route.ts';
import { agreed, findOthers, saveReassignment } from './reassign-order.ts';
import { gainMinutes, planReassignment, type Cause } from './reassignment.ts';

/** So much earlier the others have to be, in minutes: a parcel that is prepared already is not moved for less. */
export const worthMovingMinutes = 240;

export type LateParcel = {
  readonly orderId: string;
  readonly sellerId: string;
  readonly predictedDelayMinutes: number;
  readonly reason: string;
};

/** A parcel that was not handed over will be late: others send its lines when they are so much faster; else it stays. */
export async function moveLateParcel(
  deps: AssignDeps,
  late: LateParcel,
  worthMinutes = worthMovingMinutes,
): Promise<void> {
  const { orderId, sellerId, predictedDelayMinutes, reason } = late;
  const cause: Cause = { kind: 'MOVED', sellerId, reason };
  const answered = await findOthers(deps, orderId, cause);
  const choice = answered?.choice;
  await deps.finish(async sql => {
    if (choice === undefined || choice.parcels.length === 0 || choice.unserved.length > 0) return;
    const order = await lockOrder(sql, orderId);
    const plan = order && planReassignment(order.route, order.deliveries, cause);
    const delivery = order?.deliveries.find(each => each.sellerId === sellerId);
    if (order === undefined || plan === undefined || delivery === undefined) return;
    const asked = agreed(plan, answered);
    const given = { now: order.now, predictedDelayMinutes };
    if (gainMinutes(plan.route, delivery, choice, given) <= worthMinutes) return;
    await saveReassignment(sql, order.deliveries, asked);
  });
}
