import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { bookTransfers, changeWallet } from './book-transfers.ts';
import { capture, currency, type Wallet } from './ledger.ts';
import { lockOrderPayment, saveOrderPayment } from './lock-order-payment.ts';
import {
  paymentAskedFor,
  paymentCaptured,
  paymentFailed,
  type OrderPayment,
  type Payment,
  type ReadyForPayment,
} from './order-payment.ts';
import type { ChargeAnswer, PaymentProvider } from './provider.ts';

type Finish = (work: (sql: Sql) => Promise<unknown>) => Promise<void>;

/**
 * Takes an order's money, once per order. A wallet is one transaction, `finish`. A card is remembered as PENDING first and charged
 * under the payment's id, so that whoever comes back after a kill or a time-out asks the provider for the same charge.
 */
export async function capturePayment(
  deps: { pool: Pool; provider: PaymentProvider },
  ready: ReadyForPayment,
  finish: Finish,
): Promise<void> {
  if (ready.payment === 'WALLET' || ready.totalMinor === 0) {
    await finish(sql => captureAtOnce(sql, ready));
    return;
  }
  const pending = await withTransaction(deps.pool, sql => askForPayment(sql, ready));
  if (pending === undefined) {
    await finish(() => Promise.resolve());
    return;
  }
  const { id: key, customerId, amountMinor } = pending;
  const answer = await deps.provider.charge({ key, orderId: ready.orderId, customerId, amountMinor, currency });
  await finish(sql => settleCharge(sql, ready, answer));
}

async function captureAtOnce(sql: Sql, ready: ReadyForPayment): Promise<void> {
  const state = paymentAskedFor(await lockOrderPayment(sql, ready), uuidv7(), ready);
  if (state === undefined || state.payment === null) return;
  const { payment } = state;
  if (payment.amountMinor === 0) {
    await saveOrderPayment(sql, paymentCaptured(state, payment));
    return;
  }
  const wallet = await changeWallet(sql, payment.customerId, -payment.amountMinor);
  if (wallet === undefined)
    await saveOrderPayment(sql, paymentFailed(state, payment, 'the wallet does not hold enough'));
  else await bookCapture(sql, state, payment, wallet);
}

/** The card payment to be charged; undefined when the order's payment has been decided. */
async function askForPayment(sql: Sql, ready: ReadyForPayment): Promise<Payment | undefined> {
  const known = await lockOrderPayment(sql, ready);
  if (known.payment?.state === 'PENDING') return known.payment;
  const state = paymentAskedFor(known, uuidv7(), ready);
  if (state === undefined) return undefined;
  await saveOrderPayment(sql, { state, events: [] });
  return state.payment ?? undefined;
}

async function settleCharge(sql: Sql, ready: ReadyForPayment, answer: ChargeAnswer): Promise<void> {
  const state = await lockOrderPayment(sql, ready);
  const { payment } = state;
  // Somebody else, who asked for the same charge, was faster.
  if (payment?.state !== 'PENDING') return;
  if (answer.kind === 'DECLINED') await saveOrderPayment(sql, paymentFailed(state, payment, answer.reason));
  else await bookCapture(sql, state, payment, null);
}

async function bookCapture(sql: Sql, state: OrderPayment, payment: Payment, wallet: Wallet | null): Promise<void> {
  const { orderId } = state;
  await bookTransfers(sql, [capture({ id: payment.id, orderId, amountMinor: payment.amountMinor }, wallet)]);
  await saveOrderPayment(sql, paymentCaptured(state, payment));
}
