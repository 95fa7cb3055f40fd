import type { Books } from './books.ts';
import {
  concerns,
  couponDue,
  couponRedeemed,
  couponRejected,
  orderPlaced,
  sellerAssigned,
  unchanged,
  type Assigned,
  type Change,
  type OrderPayment,
  type Placed,
} from './order-payment.ts';

/** An order was placed: its lines are copied, and its coupon redeemed when its sellers are known already. */
export const noteOrder = (state: OrderPayment, placed: Placed, books: Books): Change =>
  state.placed === null ? redeemWhenDue(orderPlaced(state, placed), books) : unchanged(state);

/** An order has sellers, or new ones: its coupon is redeemed, once, when the order itself is known already. */
export const noteAssignment = (state: OrderPayment, assigned: Assigned, books: Books): Change =>
  concerns(state, assigned) ? redeemWhenDue(sellerAssigned(state, assigned), books) : unchanged(state);

function redeemWhenDue(state: OrderPayment, books: Books): Change {
  const due = couponDue(state);
  if (due === undefined) return unchanged(state);
  if (due.refusal !== undefined) return couponRejected(state, due, due.refusal);
  const redeemed = books.redeem(due.code, due.subtotalMinor);
  return 'reason' in redeemed
    ? couponRejected(state, due, redeemed.reason)
    : couponRedeemed(state, due, redeemed.discountMinor);
}
