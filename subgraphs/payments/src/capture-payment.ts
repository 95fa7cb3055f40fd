import type { Books } from './books.ts';
import { capture } from './ledger.ts';
import {
  paymentAskedFor,
  paymentCaptured,
  paymentFailed,
  unchanged,
  type Change,
  type OrderPayment,
  type ReadyForPayment,
} from './order-payment.ts';

/**
 * Takes an order's money, once per order, under this id. A card's payment is only remembered, PENDING: its provider is asked behind
 * the commit.
 */
export function capturePayment(state: OrderPayment, id: string, ready: ReadyForPayment, books: Books): Change {
  const asked = paymentAskedFor(state, id, ready);
  return asked === undefined ? unchanged(state) : captureAtOnce(asked, books);
}

/** What needs no provider: a wallet's payment, a free order's, one that was refused. */
function captureAtOnce(asked: Change, books: Books): Change {
  const { state } = asked;
  const { payment, orderId } = state;
  if (payment?.state !== 'PENDING') return asked;
  if (payment.amountMinor === 0) return paymentCaptured(state, payment);
  if (payment.method === 'CARD') return asked;
  const { id, customerId, amountMinor } = payment;
  return books.book(capture({ id, orderId, amountMinor }, customerId))
    ? paymentCaptured(state, payment)
    : paymentFailed(state, payment, 'the wallet does not hold enough');
}

/** Books the capture of a card that the provider has charged. */
export function bookCharge(state: OrderPayment, books: Books): Change {
  const { payment, orderId } = state;
  if (payment?.state !== 'PENDING') return unchanged(state);
  const { id, amountMinor } = payment;
  books.book(capture({ id, orderId, amountMinor }, null));
  return paymentCaptured(state, payment);
}
