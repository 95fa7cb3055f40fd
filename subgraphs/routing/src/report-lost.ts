import { userError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import type { Pool } from '@waygraph/kit/database';
import { refused, type ParcelResult } from './change-parcel.ts';
import { endParcel, type EndCommand } from './end-parcel.ts';
import { loseParcel } from './parting.ts';

/** A parcel that was handed over will not arrive. */
export async function reportLost(
  deps: { pool: Pool },
  viewer: Viewer | undefined,
  command: EndCommand,
): Promise<ParcelResult> {
  if (viewer?.role !== 'carrier' && viewer?.role !== 'operator')
    return refused(userError('FORBIDDEN', 'only carriers and operators may report a loss'));
  return await endParcel(deps, viewer, command, loseParcel);
}
