import { userError, type UserError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import type { LogPosition } from '@waygraph/kit/cursor';
import type { Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { parseInstant } from '@waygraph/kit/scalars';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { EtaChanged } from '@waygraph/schema/events/delivery';
import type { Decision, Delivery, LaneNow, Moment } from './delivery.ts';
import { lockOrder } from './load-route.ts';
import { advance, parcelOf } from './order-route.ts';
import { saveChanges } from './save-route.ts';

export type ParcelResult =
  | { delivery: Delivery; position: LogPosition; refusals: [] }
  | { delivery: null; position: null; refusals: UserError[] };

export const refused = (...refusals: UserError[]): ParcelResult => ({ delivery: null, position: null, refusals });

export type ParcelCommand = {
  readonly orderId: string;
  readonly sellerId: string;
  readonly at?: string | null | undefined;
};

/** What is wrong with a command before anything is looked up. */
export function checkCommand(command: ParcelCommand): UserError[] {
  const { at } = command;
  return at !== undefined && at !== null && parseInstant(at) === undefined
    ? [userError('INVALID_INPUT', 'expected an instant like 2026-11-21T09:30:00.000Z', 'at')]
    : [];
}

/** A seller deals with its own parcels only: those of others are not there. */
const isTheirs = (viewer: Viewer, sellerId: string): boolean => viewer.role !== 'seller' || viewer.sub === sellerId;

export const noSuchParcel = userError('NOT_FOUND', 'there is no such parcel', 'orderId');

/** A parcel that the viewer deals with, with its order, under that one's lock. */
export async function lockParcel(
  sql: Sql,
  viewer: Viewer,
  { orderId, sellerId }: { readonly orderId: string; readonly sellerId: string },
): Promise<(NonNullable<Awaited<ReturnType<typeof lockOrder>>> & { readonly delivery: Delivery }) | undefined> {
  const order = isTheirs(viewer, sellerId) ? await lockOrder(sql, orderId) : undefined;
  const delivery = order?.deliveries.find(candidate => candidate.sellerId === sellerId);
  return order && delivery && { ...order, delivery };
}

type Step = {
  readonly decide: (delivery: Delivery, moment: Moment, lane: LaneNow) => Decision;
  /** What is told of it; `at` is when it happened. */
  readonly fact: (parcel: ReturnType<typeof parcelOf>, at: number, sequence: { seq: number }) => OutboxEvent;
  /** The parcel remembers where the log tells of this step. */
  readonly remember?: (delivery: Delivery, seq: number) => Delivery;
};

/** Takes one parcel a step further, with what is told of it and its new estimate, in the caller's transaction. */
export async function changeParcel(
  sql: Sql,
  viewer: Viewer,
  command: ParcelCommand,
  { decide, fact, remember = delivery => delivery }: Step,
): Promise<ParcelResult> {
  const { orderId } = command;
  const found = await lockParcel(sql, viewer, command);
  if (found === undefined) return refused(noSuchParcel);
  const { route, delivery, lanes, now } = found;

  const lane = lanes.get(delivery.laneId) ?? { factor: 1, revision: 0 };
  const at = parseInstant(command.at)?.getTime() ?? now;
  const decision = decide(delivery, { at, now }, lane);
  if (decision.kind === 'refused') return refused(decision.refusal);
  if (decision.kind === 'repeat') {
    const position = positionOf(orderId, decision.seq, await toldAt(sql, delivery, decision.seq));
    return { delivery, position, refusals: [] };
  }

  // Two events: the step, and the estimate that follows from it.
  const seq = route.version + 2;
  const change = advance(
    route,
    remember(decision.delivery, seq),
    { reason: decision.reason, now, fact: sequence => fact(parcelOf(route, delivery), at, sequence) },
    uuidv7,
  );
  await saveChanges(sql, [change]);
  return { delivery: change.delivery, position: positionOf(orderId, seq, now), refusals: [] };
}

export const positionOf = (orderId: string, seq: number, atMs: number): LogPosition => ({
  ...{ topic: EtaChanged.topic, key: orderId, seq, atMs },
});

/** When the estimate of that seq was told; a step ends with one. */
async function toldAt(sql: Sql, { id, eta }: Delivery, seq: number): Promise<number> {
  const [row] = await sql<{ at_ms: number }>(
    'select (extract(epoch from computed_at) * 1000)::float8 as at_ms from eta_ledger where delivery_id = $1 and seq = $2',
    [id, seq],
  );
  return row?.at_ms ?? eta.computedAt;
}
