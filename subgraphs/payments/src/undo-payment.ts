import type { Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { isUnknown, lockOrderPayment, saveOrderPayment } from './lock-order-payment.ts';
import { andThen, unchanged, type Change, type OrderPayment } from './order-payment.ts';
import { couponRestored, couponToRestore, moneyGoesBack, orderCancelled, type Cancelled } from './order-refund.ts';
import { refundWallet } from './refund-payment.ts';

/**
 * An order is cancelled: leaves its tombstone and gives back what payments took for it, each at most once. What `undo` names does
 * not matter: a step that succeeded after orders gave it up is undone as well. True as with `capturePayment`.
 */
export async function undoPayment(sql: Sql, cancelled: Cancelled): Promise<boolean> {
  const before = await lockOrderPayment(sql, cancelled);
  const change = await giveBack(sql, orderCancelled(before, cancelled));
  await saveOrderPayment(sql, before, change);
  return isUnknown(change.state);
}

/** All that is left of a cancelled order: the use of its coupon, its money; a card's is only claimed. */
export async function giveBack(sql: Sql, state: OrderPayment): Promise<Change> {
  const restored = await restoreCoupon(sql, state);
  const refunded = await refundWallet(sql, moneyGoesBack(restored.state, uuidv7()));
  return andThen(restored, () => refunded);
}

async function restoreCoupon(sql: Sql, state: OrderPayment): Promise<Change> {
  const code = couponToRestore(state);
  if (code === undefined) return unchanged(state);
  await sql('update coupons set used = used - 1, version = version + 1, updated_at = now() where code = $1', [code]);
  return couponRestored(state, code);
}
