import { userError, type UserError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import { withTransaction, type Pool } from '@waygraph/kit/database';
import { isText } from '@waygraph/schema/inputs';
import { lockParcel, noSuchParcel, positionOf, refused, type ParcelResult } from './change-parcel.ts';
import type { Delivery, Ended } from './delivery.ts';
import type { loseParcel } from './parting.ts';
import { saveChanges } from './save-route.ts';

export type EndCommand = { readonly orderId: string; readonly sellerId: string; readonly reason: string };

export const checkReason = ({ reason }: EndCommand): UserError[] =>
  isText(reason, 500) ? [] : [userError('INVALID_INPUT', 'expected 1..500 characters', 'reason')];

/** One parcel leaves its order, with what is told of it. Once more: the same answer. */
export async function endParcel(
  { pool }: { pool: Pool },
  viewer: Viewer,
  command: EndCommand,
  decide: typeof loseParcel,
): Promise<ParcelResult> {
  const faults = checkReason(command);
  if (faults.length > 0) return refused(...faults);
  return withTransaction(pool, async sql => {
    const found = await lockParcel(sql, viewer, command);
    if (found === undefined) return refused(noSuchParcel);
    const parting = decide(found.route, found.delivery, { reason: command.reason, now: found.now });
    if (parting.kind === 'refused') return refused(parting.refusal);
    if (parting.kind === 'repeat') return endedResult(found.delivery, parting.ended);
    await saveChanges(sql, [parting.change]);
    return endedResult(parting.delivery);
  });
}

/** The parcel, and where the log tells that it left. */
export const endedResult = (delivery: Delivery, ended: Ended | null = delivery.ended): ParcelResult =>
  ended === null
    ? refused(userError('STALE_STATE', 'the parcel has changed meanwhile', 'orderId'))
    : { delivery, position: positionOf(delivery.orderId, ended.seq, ended.at), refusals: [] };
