import type { Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { bookOnWallet, bookTransfers } from './book-transfers.ts';
import { refund as refundTransfer } from './ledger.ts';
import { isUnknown, lockOrderPayment, saveOrderPayment } from './lock-order-payment.ts';
import { andThen, unchanged, type Change, type OrderPayment, type Refund } from './order-payment.ts';
import { linesDropped, paymentRefunded, refundsDue, refundStuck, type LinesDropped } from './order-refund.ts';

/** Gives back the money of lines that were dropped after the payment, once per event; true as with `capturePayment`. */
export async function refundLines(sql: Sql, dropped: LinesDropped): Promise<boolean> {
  if (dropped.refundMinor === 0) return false;
  const before = await lockOrderPayment(sql, dropped);
  const claimed = linesDropped(before, uuidv7(), dropped);
  if (claimed === before) return isUnknown(before);
  const change = await refundWallet(sql, claimed);
  await saveOrderPayment(sql, before, change);
  return isUnknown(change.state);
}

/** Makes the refunds that are due where money goes back by itself: into a wallet. A card's wait for their provider. */
export async function refundWallet(sql: Sql, state: OrderPayment): Promise<Change> {
  let change = unchanged(state);
  if (state.payment?.method !== 'WALLET') return change;
  const { customerId } = state.payment;
  for (const refund of refundsDue(state)) {
    const isBooked = await bookOnWallet(sql, refundTransfer({ ...refund, orderId: state.orderId }, customerId));
    change = andThen(change, now =>
      isBooked ? paymentRefunded(now, refund) : refundStuck(now, refund, 'the wallet cannot hold the refund'),
    );
  }
  return change;
}

/** Books the refund of a card that the provider has made. */
export async function bookRefund(sql: Sql, state: OrderPayment, refund: Refund): Promise<Change> {
  await bookTransfers(sql, [refundTransfer({ ...refund, orderId: state.orderId }, null)]);
  return paymentRefunded(state, refund);
}
