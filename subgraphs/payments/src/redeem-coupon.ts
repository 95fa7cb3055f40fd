import type { Sql } from '@waygraph/kit/database';
import { discountOf, rejectionOf } from './coupon.ts';
import { addPlaced, lockOrderPayment, saveOrderPayment } from './lock-order-payment.ts';
import {
  concerns,
  couponDue,
  couponRedeemed,
  couponRejected,
  orderPlaced,
  sellerAssigned,
  unchanged,
  unheardOf,
  type Assigned,
  type Change,
  type OrderPayment,
  type Placed,
} from './order-payment.ts';

/** An order was placed: its lines are copied, and its coupon redeemed when its sellers are known already. */
export async function noteOrder(sql: Sql, placed: Placed): Promise<void> {
  if (await addPlaced(sql, orderPlaced(unheardOf(placed.orderId, placed.customerId), placed))) return;
  const state = await lockOrderPayment(sql, placed);
  if (state.placed === null) await saveOrderPayment(sql, state, await redeemWhenDue(sql, orderPlaced(state, placed)));
}

/** An order has sellers, or new ones: its coupon is redeemed, once, when the order itself is known already. */
export async function noteAssignment(sql: Sql, assigned: Assigned): Promise<void> {
  const state = await lockOrderPayment(sql, assigned);
  if (concerns(state, assigned))
    await saveOrderPayment(sql, state, await redeemWhenDue(sql, sellerAssigned(state, assigned)));
}

async function redeemWhenDue(sql: Sql, state: OrderPayment): Promise<Change> {
  const due = couponDue(state);
  if (due === undefined) return unchanged(state);
  if (due.refusal !== undefined) return couponRejected(state, due, due.refusal);
  // The coupon's row is the queue: whoever waits for it sees the uses of those before, and the clock of now.
  const [terms] = await sql<{ percent_off: number | null; amount_off_minor: string | null }>(
    `update coupons set used = used + 1, version = version + 1, updated_at = now()
     where code = $1 and used < quota and (expires_at is null or expires_at > clock_timestamp())
     returning percent_off, amount_off_minor`,
    [due.code],
  );
  if (terms !== undefined) {
    const amountOffMinor = terms.amount_off_minor === null ? null : Number(terms.amount_off_minor);
    return couponRedeemed(state, due, discountOf({ percentOff: terms.percent_off, amountOffMinor }, due.subtotalMinor));
  }
  const [refused] = await sql<{ expired: boolean }>(
    'select coalesce(expires_at <= clock_timestamp(), false) as expired from coupons where code = $1',
    [due.code],
  );
  return couponRejected(state, due, rejectionOf(refused));
}
