import { userError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { once } from '@waygraph/kit/idempotency';
import { Scanned } from '@waygraph/schema/events/delivery';
import { isState, isText } from '@waygraph/schema/inputs';
import { changeParcel, checkCommand, refused, type ParcelCommand, type ParcelResult } from './change-parcel.ts';
import { scan, type Scan } from './delivery.ts';
import { isHub } from './locate-address.ts';
import { iso } from './order-route.ts';

export type RecordScan = ParcelCommand & Scan & { readonly idempotencyKey: string };

/** The carrier saw the parcel. */
export async function recordScan(
  deps: { pool: Pool; read: Sql },
  viewer: Viewer | undefined,
  command: RecordScan,
): Promise<ParcelResult> {
  if (viewer?.role !== 'carrier' && viewer?.role !== 'operator')
    return refused(userError('FORBIDDEN', 'only carriers and operators may record scans'));
  const { idempotencyKey: key, ...asked } = command;
  const request = { ...asked, at: command.at ?? null };
  const faults = checkCommand(command);
  if (!isText(key, 255)) faults.push(userError('INVALID_INPUT', 'expected 1..255 characters', 'idempotencyKey'));
  if (!isState(command.hub) || !(await isHub(deps.read, command.hub)))
    faults.push(userError('NOT_FOUND', 'there is no such hub', 'hub'));
  if (faults.length > 0) return refused(...faults);

  return withTransaction(deps.pool, async sql => {
    const first = { subject: `${viewer.role}:${viewer.sub}`, operation: 'recordScan', key, request };
    const outcome = await once(
      sql,
      first,
      () => apply(sql, viewer, command),
      ({ refusals }) => refusals.length === 0,
    );
    return outcome.kind === 'done'
      ? outcome.response
      : refused(userError('IDEMPOTENCY_CONFLICT', 'this key was used with other arguments', 'idempotencyKey'));
  });
}

const apply = (sql: Sql, viewer: Viewer, { hub, kind, ...command }: RecordScan): Promise<ParcelResult> =>
  changeParcel(sql, viewer, command, {
    decide: (delivery, moment, lane) => scan(delivery, { hub, kind }, moment, lane),
    fact: (parcel, at, sequence) => Scanned.outboxEvent({ ...parcel, hub, kind, scannedAt: iso(at) }, sequence),
  });
