import type { Pool, Sql } from '@waygraph/kit/database';
import { lockOrderPayment, saveOrderPayment } from './lock-order-payment.ts';
import {
  couponRestored,
  couponToRestore,
  orderCancelling,
  type Cancelling,
  type Change,
  type OrderPayment,
} from './order-payment.ts';
import type { PaymentProvider } from './provider.ts';
import { refundCard, refundPayment } from './refund-payment.ts';

/** Gives back what a cancelled order took, each at most once: the use of its coupon, its money, as far as `undo` names them. */
export async function undoPayment(
  deps: { pool: Pool; provider: PaymentProvider },
  cancelling: Cancelling,
  finish: (work: (sql: Sql) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const { undo } = cancelling;
  const cause = { cause: 'CANCELLED', ...cancelling } as const;
  const answer = undo.includes('PAYMENT') ? await refundCard(deps, cause) : undefined;
  await finish(async sql => {
    const state = orderCancelling(await lockOrderPayment(sql, cancelling), cancelling);
    const restored = undo.includes('COUPON') ? await restoreCoupon(sql, state, cancelling) : unchanged(state);
    const refunded = undo.includes('PAYMENT')
      ? await refundPayment(sql, restored.state, cause, answer)
      : unchanged(restored.state);
    await saveOrderPayment(sql, { state: refunded.state, events: [...restored.events, ...refunded.events] });
  });
}

const unchanged = (state: OrderPayment): Change => ({ state, events: [] });

async function restoreCoupon(sql: Sql, state: OrderPayment, { attempt }: Cancelling): Promise<Change> {
  const code = couponToRestore(state);
  if (code === undefined) return unchanged(state);
  await sql('update coupons set used = used - 1, version = version + 1, updated_at = now() where code = $1', [code]);
  return couponRestored(state, code, attempt);
}
