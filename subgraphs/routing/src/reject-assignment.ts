import { userError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import type { Pool } from '@waygraph/kit/database';
import { refused, type ParcelResult } from './change-parcel.ts';
import { endParcel, type EndCommand } from './end-parcel.ts';
import { rejectParcel } from './parting.ts';

/** The seller cannot send its parcel: it goes to others, who are looked for by whoever hears of it. */
export async function rejectAssignment(
  deps: { pool: Pool },
  viewer: Viewer | undefined,
  command: EndCommand,
): Promise<ParcelResult> {
  if (viewer?.role !== 'seller' && viewer?.role !== 'operator')
    return refused(userError('FORBIDDEN', 'only the seller itself and operators may reject an assignment'));
  return await endParcel(deps, viewer, command, rejectParcel);
}
