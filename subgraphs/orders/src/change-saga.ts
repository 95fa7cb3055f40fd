import type { Viewer } from '@waygraph/kit/auth';
import type { LogPosition } from '@waygraph/kit/cursor';
import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { userError, type UserError } from '@waygraph/kit/errors';
import { uuidv7 } from '@waygraph/kit/outbox';
import { OrderPlaced } from '@waygraph/schema/events/orders';
import { isStorable } from '@waygraph/schema/inputs';
import { lockOrder } from './load-order.ts';
import type { Order } from './order.ts';
import type { Verdict } from './saga.ts';
import { saveOrder, type LockedOrder } from './save-order.ts';

export type OrderResult =
  { order: Order; position: LogPosition; refusals: [] } | { order: null; position: null; refusals: UserError[] };

/** What a person asks of an order: who, what, and why; kept where an operator does it. */
type Wish = {
  readonly orderId: string;
  /** The argument that names the order. */
  readonly argument: string;
  readonly action: 'CANCEL' | 'RESUME' | 'DONE_BY_HAND' | 'WRITTEN_OFF';
  readonly step: string | null;
  readonly note: string | null;
};

export const refused = (...refusals: UserError[]): OrderResult => ({ order: null, position: null, refusals });

/** Changes an order as `decide` says, under its lock. What the viewer may not see is not there. */
export function changeSaga(
  pool: Pool,
  viewer: Viewer,
  { orderId, argument, ...wish }: Wish,
  decide: (order: LockedOrder, nowMs: number) => Verdict<LockedOrder>,
): Promise<OrderResult> {
  const notThere = refused(userError('NOT_FOUND', 'there is no such order', argument));
  if (!isStorable(orderId)) return Promise.resolve(notThere);
  return withTransaction(pool, async sql => {
    const locked = await lockOrder(sql, orderId);
    if (locked === undefined) return notThere;
    if (viewer.role !== 'operator' && locked.order.customerId !== viewer.sub) return notThere;
    const { order, events, refusal } = decide(locked.order, locked.nowMs);
    if (refusal !== undefined) return refused(refusal);
    if (order !== locked.order) {
      await saveOrder(sql, locked.order, order, events);
      if (viewer.role === 'operator') await note(sql, order.id, viewer, wish);
    }
    return { order, position: { topic: OrderPlaced.topic, key: order.id, seq: order.version }, refusals: [] };
  });
}

const note = (sql: Sql, orderId: string, { sub }: Viewer, wish: Omit<Wish, 'orderId' | 'argument'>) =>
  sql('insert into operator_actions (id, order_id, operator, action, step, note) values ($1, $2, $3, $4, $5, $6)', [
    ...[uuidv7(), orderId, sub, wish.action, wish.step, wish.note],
  ]);
