import type { Sql } from '@waygraph/kit/database';
import { publish } from '@waygraph/kit/outbox';
import { traceparent } from '@waygraph/kit/trace';
import type { Change, OrderPayment, Payment, PaymentMethod, Refund } from './order-payment.ts';

export type OrderPaymentRow = {
  order_id: string;
  version: string;
  customer_id: string;
  seller_ids: string[];
  method: PaymentMethod | null;
  coupon_code: string | null;
  lines: NonNullable<OrderPayment['placed']>['lines'] | null;
  assigned_attempt: number | null;
  dropped_line_nos: number[] | null;
  coupon_state: OrderPayment['coupon']['state'];
  coupon_reason: string | null;
  discount_minor: string;
  payment_id: string | null;
  payment_method: PaymentMethod | null;
  payment_state: Payment['state'] | null;
  payment_attempt: number | null;
  amount_minor: string | null;
  refunded_minor: string;
  reason: string | null;
  cancelled_attempt: number | null;
  cancel_reason: string | null;
};

type RefundRow = {
  id: string;
  cause: Refund['cause'];
  attempt: number;
  amount_minor: string;
  state: Refund['state'];
  reason: string;
  tries: number;
  fault: string | null;
};

/** Null until the payment is asked for; the table's constraints keep its columns together. */
export function paymentOf(row: OrderPaymentRow): Payment | null {
  const { payment_id: id, payment_method: method, payment_state: state, payment_attempt: attempt } = row;
  if (id === null || method === null || state === null || attempt === null) return null;
  return {
    id,
    customerId: row.customer_id,
    method,
    state,
    attempt,
    amountMinor: Number(row.amount_minor),
    refundedMinor: Number(row.refunded_minor),
    reason: row.reason,
  };
}

function stateOf(row: OrderPaymentRow, refunds: readonly Refund[]): OrderPayment {
  const { method, lines, assigned_attempt: attempt, dropped_line_nos: droppedLineNos } = row;
  const { cancelled_attempt: cancelledAttempt, cancel_reason: cancelReason } = row;
  return {
    orderId: row.order_id,
    version: Number(row.version),
    customerId: row.customer_id,
    sellerIds: row.seller_ids,
    placed: method === null || lines === null ? null : { method, couponCode: row.coupon_code, lines },
    assigned: attempt === null || droppedLineNos === null ? null : { attempt, droppedLineNos },
    coupon: { state: row.coupon_state, discountMinor: Number(row.discount_minor), reason: row.coupon_reason },
    payment: paymentOf(row),
    refunds,
    cancelled:
      cancelledAttempt === null || cancelReason === null ? null : { attempt: cancelledAttempt, reason: cancelReason },
  };
}

/**
 * Refunds of a row that was read before: by one statement with its lock they would be those from before the wait for it. An order
 * without money has none.
 */
async function withRefunds(sql: Sql, row: OrderPaymentRow): Promise<OrderPayment> {
  if (row.payment_state === null || row.payment_state === 'FAILED') return stateOf(row, []);
  const refunds = await sql<RefundRow>('select * from refunds where order_id = $1 order by created_at, id', [
    row.order_id,
  ]);
  return stateOf(
    row,
    refunds.map(({ id, cause, attempt, amount_minor: amount, state, reason, tries, fault }) => ({
      ...{ id, cause, attempt, amountMinor: Number(amount), state, reason, tries, fault },
    })),
  );
}

/** The order as it is now, unlocked: what is decided on it has to be looked at again under its lock. */
export async function readOrderPayment(sql: Sql, orderId: string): Promise<OrderPayment | undefined> {
  const [row] = await sql<OrderPaymentRow>('select * from order_payments where order_id = $1', [orderId]);
  return row && (await withRefunds(sql, row));
}

/** The order's row under its lock until the commit; undefined when nothing was heard of the order. */
export async function lockKnown(sql: Sql, orderId: string): Promise<OrderPayment | undefined> {
  const [row] = await sql<OrderPaymentRow>('select * from order_payments where order_id = $1 for update', [orderId]);
  return row && (await withRefunds(sql, row));
}

/** As `lockKnown`; the row is made when this is the first that is heard of the order. */
export async function lockOrderPayment(
  sql: Sql,
  { orderId, customerId }: { orderId: string; customerId: string },
): Promise<OrderPayment> {
  const known = await lockKnown(sql, orderId);
  if (known !== undefined) return known;
  // Of two that come first at once, one inserts; the other waits for it here and reads what it left.
  const [made] = await sql<OrderPaymentRow>(
    'insert into order_payments (order_id, customer_id) values ($1, $2) on conflict do nothing returning *',
    [orderId, customerId],
  );
  return made === undefined ? lockOrderPayment(sql, { orderId, customerId }) : stateOf(made, []);
}

/** Writes an order that was only just placed, in one statement; false when something was heard of it before. */
export async function addPlaced(sql: Sql, { orderId, customerId, placed }: OrderPayment): Promise<boolean> {
  const added = await sql(
    `insert into order_payments (order_id, customer_id, method, coupon_code, lines) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning order_id`,
    [orderId, customerId, placed?.method, placed?.couponCode, placed && JSON.stringify(placed.lines)],
  );
  return added.length > 0;
}

/** Writes what was decided under the lock, with its events; `before` is as it was locked. */
export async function saveOrderPayment(sql: Sql, before: OrderPayment, { state, events }: Change): Promise<void> {
  const { placed, assigned, coupon, payment, cancelled } = state;
  await sql(
    `update order_payments set version = $2, seller_ids = $3, method = $4, coupon_code = $5, lines = $6,
       assigned_attempt = $7, dropped_line_nos = $8, coupon_state = $9, discount_minor = $10, coupon_reason = $11,
       payment_id = $12, payment_method = $13, payment_state = $14, payment_attempt = $15, amount_minor = $16,
       refunded_minor = $17, reason = $18, cancelled_attempt = $19, cancel_reason = $20, updated_at = now()
     where order_id = $1`,
    [
      state.orderId,
      state.version,
      state.sellerIds,
      placed?.method,
      placed?.couponCode,
      placed && JSON.stringify(placed.lines),
      assigned?.attempt,
      assigned && JSON.stringify(assigned.droppedLineNos),
      coupon.state,
      coupon.discountMinor,
      coupon.reason,
      payment?.id,
      payment?.method,
      payment?.state,
      payment?.attempt,
      payment?.amountMinor,
      payment?.refundedMinor ?? 0,
      payment?.reason,
      cancelled?.attempt,
      cancelled?.reason,
    ],
  );
  await saveRefunds(sql, before, state);
  await saveAsk(sql, before, state);
  await publish(sql, events);
}

async function saveRefunds(sql: Sql, before: OrderPayment, { orderId, refunds }: OrderPayment): Promise<void> {
  const news = refunds.filter(refund => !before.refunds.includes(refund));
  if (news.length === 0) return;
  await sql(
    `insert into refunds (id, order_id, cause, attempt, amount_minor, state, reason, tries, fault)
     select id, $2, cause, attempt, "amountMinor", state, reason, tries, fault
     from jsonb_to_recordset($1::jsonb)
       as given(id uuid, cause text, attempt int, "amountMinor" bigint, state text, reason text, tries int, fault text)
     on conflict (id) do update set state = excluded.state, tries = excluded.tries, fault = excluded.fault`,
    [JSON.stringify(news), orderId],
  );
}

/** Whether the provider has yet to say how a charge or a refund went. */
export const isUnknown = ({ payment, refunds }: OrderPayment): boolean =>
  payment?.method === 'CARD' && (payment.state === 'PENDING' || refunds.some(({ state }) => state === 'PENDING'));

async function saveAsk(sql: Sql, before: OrderPayment, state: OrderPayment): Promise<void> {
  if (isUnknown(before) === isUnknown(state)) return;
  if (isUnknown(state))
    await sql('insert into provider_asks (order_id, traceparent) values ($1, $2) on conflict do nothing', [
      state.orderId,
      traceparent(),
    ]);
  else await sql('delete from provider_asks where order_id = $1', [state.orderId]);
}
