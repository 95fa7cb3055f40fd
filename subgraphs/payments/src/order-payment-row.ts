import type { OrderPayment, Payment, PaymentMethod, Refund } from './order-payment.ts';

/** Numbers beyond 32 bits come as text from a row, and as numbers from its JSON. */
type Big = string | number;

export type OrderPaymentRow = {
  order_id: string;
  version: Big;
  customer_id: string;
  seller_ids: string[];
  method: PaymentMethod | null;
  coupon_code: string | null;
  lines: NonNullable<OrderPayment['placed']>['lines'] | null;
  assigned_attempt: number | null;
  dropped_line_nos: number[] | null;
  coupon_state: OrderPayment['coupon']['state'];
  coupon_reason: string | null;
  discount_minor: Big;
  payment_id: string | null;
  payment_method: PaymentMethod | null;
  payment_state: Payment['state'] | null;
  payment_attempt: number | null;
  amount_minor: Big | null;
  refunded_minor: Big;
  reason: string | null;
  charge_sent: boolean;
  cancelled_attempt: number | null;
  cancel_reason: string | null;
  given_up: boolean;
};

export type RefundRow = {
  id: string;
  order_id: string;
  cause: Refund['cause'];
  attempt: number;
  amount_minor: Big;
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
    isSent: row.charge_sent,
  };
}

const refundOf = ({ id, cause, attempt, amount_minor: amount, state, reason, tries, fault }: RefundRow): Refund => ({
  ...{ id, cause, attempt, amountMinor: Number(amount), state, reason, tries, fault },
});

/** An order with its refunds, oldest first. */
export function stateOf(row: OrderPaymentRow, refunds: readonly RefundRow[]): OrderPayment {
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
    refunds: refunds.map(refundOf),
    cancelled:
      cancelledAttempt === null || cancelReason === null ? null : { attempt: cancelledAttempt, reason: cancelReason },
    givenUp: row.given_up,
  };
}

/** An order without money has no refunds. */
export const mayHaveRefunds = ({ payment_state: state }: OrderPaymentRow): boolean =>
  state === 'PENDING' || state === 'CAPTURED';
