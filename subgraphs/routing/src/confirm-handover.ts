import { userError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import { withTransaction, type Pool } from '@waygraph/kit/database';
import { HandedOver } from '@waygraph/schema/events/delivery';
import { changeParcel, checkCommand, refused, type ParcelCommand, type ParcelResult } from './change-parcel.ts';
import { handOver } from './delivery.ts';
import { iso } from './order-route.ts';

/** The seller gave the parcel to the carrier. Once more: the same answer. */
export async function confirmHandover(
  deps: { pool: Pool },
  viewer: Viewer | undefined,
  command: ParcelCommand,
): Promise<ParcelResult> {
  if (viewer?.role !== 'seller' && viewer?.role !== 'operator')
    return refused(userError('FORBIDDEN', 'only the seller itself and operators may confirm a hand-over'));
  const faults = checkCommand(command);
  if (faults.length > 0) return refused(...faults);
  return withTransaction(deps.pool, sql =>
    changeParcel(sql, viewer, command, {
      decide: handOver,
      fact: (parcel, at, sequence) => HandedOver.outboxEvent({ ...parcel, handedOverAt: iso(at) }, sequence),
      remember: (delivery, seq) => ({ ...delivery, handedOverSeq: seq }),
    }),
  );
}
