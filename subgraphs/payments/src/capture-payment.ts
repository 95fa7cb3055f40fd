import type { Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { bookOnWallet, bookTransfers } from './book-transfers.ts';
import { capture } from './ledger.ts';
import { isUnknown, lockOrderPayment, saveOrderPayment } from './lock-order-payment.ts';
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
 * Takes an order's money, once per order. A card's payment is only remembered, PENDING: true when the provider is to be asked, by
 * `settleCard`, behind the commit.
 */
export async function capturePayment(sql: Sql, ready: ReadyForPayment): Promise<boolean> {
  const before = await lockOrderPayment(sql, ready);
  const asked = paymentAskedFor(before, uuidv7(), ready);
  if (asked === undefined) return isUnknown(before);
  const change = await captureAtOnce(sql, asked);
  await saveOrderPayment(sql, before, change);
  return isUnknown(change.state);
}

/** What needs no provider: a wallet's payment, a free order's, one that was refused. */
async function captureAtOnce(sql: Sql, asked: Change): Promise<Change> {
  const { state } = asked;
  const { payment, orderId } = state;
  if (payment?.state !== 'PENDING') return asked;
  if (payment.amountMinor === 0) return paymentCaptured(state, payment);
  if (payment.method === 'CARD') return asked;
  const { id, customerId, amountMinor } = payment;
  return (await bookOnWallet(sql, capture({ id, orderId, amountMinor }, customerId)))
    ? paymentCaptured(state, payment)
    : paymentFailed(state, payment, 'the wallet does not hold enough');
}

/** Books the capture of a card that the provider has charged. */
export async function bookCharge(sql: Sql, state: OrderPayment): Promise<Change> {
  const { payment, orderId } = state;
  if (payment?.state !== 'PENDING') return unchanged(state);
  const { id, amountMinor } = payment;
  await bookTransfers(sql, [capture({ id, orderId, amountMinor }, null)]);
  return paymentCaptured(state, payment);
}
