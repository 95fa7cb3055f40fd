import type { Books } from './books.ts';
import { andThen, unchanged, type Change, type OrderPayment } from './order-payment.ts';
import {
  couponRestored,
  couponToRestore,
  moneyGoesBack,
  orderCancelled,
  unsentFails,
  type Cancelled,
} from './order-refund.ts';
import { refundWallet } from './refund-payment.ts';

/**
 * An order is cancelled: leaves its tombstone and gives back what payments took for it, each at most once, the money under this id.
 * What `undo` names does not matter: a step that succeeded after orders gave it up is undone as well.
 */
export const undoPayment = (state: OrderPayment, id: string, cancelled: Cancelled, books: Books): Change =>
  giveBack(orderCancelled(state, cancelled), id, books);

/** All that is left of a cancelled order: the use of its coupon, its money; a card's is only claimed. */
export const giveBack = (state: OrderPayment, id: string, books: Books): Change =>
  andThen(
    andThen(restoreCoupon(state, books), now => unsentFails(now)),
    now => refundWallet(moneyGoesBack(now, id), books),
  );

function restoreCoupon(state: OrderPayment, books: Books): Change {
  const code = couponToRestore(state);
  if (code === undefined) return unchanged(state);
  books.restore(code);
  return couponRestored(state, code);
}
