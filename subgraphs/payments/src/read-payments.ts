import type { Sql } from '@waygraph/kit/database';
import { paymentOf, type OrderPaymentRow } from './order-payment-row.ts';
import type { Payment } from './order-payment.ts';

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Payments in the order of the ids given; null: there is none. */
export async function readPayments(sql: Sql, ids: readonly string[]): Promise<(Payment | null)[]> {
  const rows = await sql<OrderPaymentRow>('select * from order_payments where payment_id = any ($1)', [
    ids.filter(id => uuid.test(id)),
  ]);
  const payments = new Map(rows.map(row => [row.payment_id, paymentOf(row)]));
  return ids.map(id => payments.get(id) ?? null);
}

/** The payments of orders, in the order given; null: none was asked for yet, or there is no such order. */
export async function readPaymentsOfOrders(sql: Sql, orderIds: readonly string[]): Promise<(Payment | null)[]> {
  const rows = await sql<OrderPaymentRow>('select * from order_payments where order_id = any ($1)', [
    orderIds.filter(id => !id.includes('\0')),
  ]);
  const payments = new Map(rows.map(row => [row.order_id, paymentOf(row)]));
  return orderIds.map(id => payments.get(id) ?? null);
}
