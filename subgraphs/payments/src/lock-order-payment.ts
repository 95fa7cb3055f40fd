import type { Sql } from '@waygraph/kit/database';
import { publish } from '@waygraph/kit/outbox';
import type { Change, OrderPayment, Payment, PaymentMethod } from './order-payment.ts';

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
  discount_minor: string;
  payment_id: string | null;
  payment_method: PaymentMethod | null;
  payment_state: Payment['state'] | null;
  payment_attempt: number | null;
  amount_minor: string | null;
  refunded_minor: string;
  reason: string | null;
  cancelled_attempt: number | null;
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

function stateOf(row: OrderPaymentRow): OrderPayment {
  const { method, lines, assigned_attempt: attempt, dropped_line_nos: droppedLineNos } = row;
  return {
    orderId: row.order_id,
    version: Number(row.version),
    customerId: row.customer_id,
    sellerIds: row.seller_ids,
    placed: method === null || lines === null ? null : { method, couponCode: row.coupon_code, lines },
    assigned: attempt === null || droppedLineNos === null ? null : { attempt, droppedLineNos },
    coupon: { state: row.coupon_state, discountMinor: Number(row.discount_minor) },
    payment: paymentOf(row),
    cancelledAttempt: row.cancelled_attempt,
  };
}

/** The order's row under its lock until the commit; made when this is the first that is heard of the order. */
export async function lockOrderPayment(
  sql: Sql,
  { orderId, customerId }: { orderId: string; customerId: string },
): Promise<OrderPayment> {
  const locked = 'select * from order_payments where order_id = $1 for update';
  const fresh = `insert into order_payments (order_id, customer_id) values ($1, $2) on conflict do nothing returning *`;
  const [row] = await sql<OrderPaymentRow>(locked, [orderId]);
  if (row !== undefined) return stateOf(row);
  // Of two that come first at once, one inserts; the other waits for it here and reads what it left.
  const [made] = await sql<OrderPaymentRow>(fresh, [orderId, customerId]);
  return made === undefined ? lockOrderPayment(sql, { orderId, customerId }) : stateOf(made);
}

/** Writes what was decided under the lock, with its events. */
export async function saveOrderPayment(sql: Sql, { state, events }: Change): Promise<void> {
  const { placed, assigned, coupon, payment } = state;
  await sql(
    `update order_payments set version = $2, seller_ids = $3, method = $4, coupon_code = $5, lines = $6,
       assigned_attempt = $7, dropped_line_nos = $8, coupon_state = $9, discount_minor = $10,
       payment_id = $11, payment_method = $12, payment_state = $13, payment_attempt = $14, amount_minor = $15,
       refunded_minor = $16, reason = $17, cancelled_attempt = $18, updated_at = now()
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
      payment?.id,
      payment?.method,
      payment?.state,
      payment?.attempt,
      payment?.amountMinor,
      payment?.refundedMinor ?? 0,
      payment?.reason,
      state.cancelledAttempt,
    ],
  );
  await publish(sql, events);
}
