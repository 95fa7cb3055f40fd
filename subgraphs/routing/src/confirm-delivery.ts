import { userError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import { withTransaction, type Pool } from '@waygraph/kit/database';
import { Delivered } from '@waygraph/schema/events/delivery';
import { changeParcel, checkCommand, refused, type ParcelCommand, type ParcelResult } from './change-parcel.ts';
import { deliver } from './delivery.ts';
import { iso } from './order-route.ts';

/** The parcel arrived. Once more: the same answer. */
export async function confirmDelivery(
  deps: { pool: Pool },
  viewer: Viewer | undefined,
  command: ParcelCommand,
): Promise<ParcelResult> {
  if (viewer?.role !== 'carrier' && viewer?.role !== 'operator')
    return refused(userError('FORBIDDEN', 'only carriers and operators may confirm a delivery'));
  const faults = checkCommand(command);
  if (faults.length > 0) return refused(...faults);
  return withTransaction(deps.pool, sql =>
    changeParcel(sql, viewer, command, {
      decide: deliver,
      fact: (parcel, at, sequence) => Delivered.outboxEvent({ ...parcel, deliveredAt: iso(at) }, sequence),
      remember: (delivery, seq) => ({ ...delivery, deliveredSeq: seq }),
    }),
  );
}
