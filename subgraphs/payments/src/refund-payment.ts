import type { Books } from './books.ts';
import { refund as refundTransfer } from './ledger.ts';
import { andThen, unchanged, type Change, type OrderPayment, type Refund } from './order-payment.ts';
import { linesDropped, paymentRefunded, refundsDue, refundStuck, type LinesDropped } from './order-refund.ts';

/** Gives back the money of lines that were dropped after the payment, once per event, under this id. */
export const refundLines = (state: OrderPayment, id: string, dropped: LinesDropped, books: Books): Change =>
  refundWallet(linesDropped(state, id, dropped), books);

/** Makes the refunds that are due where money goes back by itself: into a wallet. A card's wait for their provider. */
export function refundWallet(state: OrderPayment, books: Books): Change {
  let change = unchanged(state);
  if (state.payment?.method !== 'WALLET') return change;
  const { customerId } = state.payment;
  for (const refund of refundsDue(state)) {
    const isBooked = books.book(refundTransfer({ ...refund, orderId: state.orderId }, customerId));
    change = andThen(change, now =>
      isBooked ? paymentRefunded(now, refund) : refundStuck(now, refund, 'the wallet cannot hold the refund'),
    );
  }
  return change;
}

/** Books the refund of a card that the provider has made. */
export function bookRefund(state: OrderPayment, refund: Refund, books: Books): Change {
  books.book(refundTransfer({ ...refund, orderId: state.orderId }, null));
  return paymentRefunded(state, refund);
}
