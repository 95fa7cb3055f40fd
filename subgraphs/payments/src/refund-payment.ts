import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { WaygraphError } from '@waygraph/kit/errors';
import { bookTransfers, changeWallet } from './book-transfers.ts';
import { refund as refundTransfer } from './ledger.ts';
import { lockOrderPayment } from './lock-order-payment.ts';
import { paymentRefunded, refundableMinor, refundStuck } from './order-payment.ts';
import type { Change, OrderPayment, Payment, Refund } from './order-payment.ts';
import type { PaymentProvider, RefundAnswer } from './provider.ts';

/** Why money goes back; a cause has one refund per order. */
export type RefundCause = {
  readonly cause: 'CANCELLED';
  readonly orderId: string;
  readonly customerId: string;
  readonly attempt: number;
  readonly reason: string;
};

/**
 * Asks the provider for a card's money, under the refund's id, which is remembered first: to be called before the transaction of
 * `refundPayment`. Undefined: there is nothing to ask, it is no card or the refund has ended.
 */
export async function refundCard(
  deps: { pool: Pool; provider: PaymentProvider },
  cause: RefundCause,
): Promise<RefundAnswer | undefined> {
  const asked = await withTransaction(deps.pool, async sql => {
    const state = await lockOrderPayment(sql, cause);
    if (state.payment?.method !== 'CARD') return undefined;
    const refund = await claimRefund(sql, state, cause);
    return refund && { key: refund.id, chargeKey: state.payment.id, amountMinor: refund.amountMinor };
  });
  return asked && (await deps.provider.refund(asked));
}

/** Books the refund of a cause under the order's lock, or tells that it is stuck. A refund that has ended changes nothing. */
export async function refundPayment(
  sql: Sql,
  state: OrderPayment,
  cause: RefundCause,
  answer: RefundAnswer | undefined,
): Promise<Change> {
  const { payment } = state;
  const refund = payment === null ? undefined : await claimRefund(sql, state, cause);
  if (payment === null || refund === undefined) return { state, events: [] };
  if (payment.method === 'CARD' && answer === undefined)
    throw new WaygraphError('UNAVAILABLE', 'the card was charged after its provider could be asked');
  const stuckBecause = answer?.kind === 'REFUSED' ? answer.reason : await giveBack(sql, payment, state.orderId, refund);
  await sql('update refunds set state = $2 where id = $1', [refund.id, stuckBecause === undefined ? 'DONE' : 'STUCK']);
  return stuckBecause === undefined
    ? paymentRefunded(state, payment, refund)
    : refundStuck(state, refund, stuckBecause);
}

/** The cause's refund, PENDING: all of the payment that no refund has claimed. Undefined when it has ended, or nothing is left. */
async function claimRefund(
  sql: Sql,
  state: OrderPayment,
  { cause, attempt, reason }: RefundCause,
): Promise<Refund | undefined> {
  const rows = await sql<{ id: string; cause: string; attempt: number; amount: string; state: string; reason: string }>(
    'select id, cause, attempt, amount_minor as amount, state, reason from refunds where order_id = $1',
    [state.orderId],
  );
  const known = rows.find(row => row.cause === cause);
  if (known !== undefined) {
    const { id, amount, state: stage } = known;
    return stage === 'PENDING'
      ? { id, attempt: known.attempt, amountMinor: Number(amount), reason: known.reason }
      : undefined;
  }
  const claimedMinor = rows.reduce((sum, { amount }) => sum + Number(amount), 0);
  const refund = { id: uuidv7(), attempt, amountMinor: refundableMinor(state, claimedMinor), reason };
  if (refund.amountMinor === 0) return undefined;
  await sql(
    `insert into refunds (id, order_id, cause, attempt, amount_minor, state, reason)
     values ($1, $2, $3, $4, $5, 'PENDING', $6)`,
    [refund.id, state.orderId, cause, attempt, refund.amountMinor, reason],
  );
  return refund;
}

/** Why the money cannot be booked back; undefined: it is. */
async function giveBack(sql: Sql, payment: Payment, orderId: string, refund: Refund): Promise<string | undefined> {
  const { id, amountMinor } = refund;
  const wallet = payment.method === 'CARD' ? null : await changeWallet(sql, payment.customerId, amountMinor);
  if (wallet === undefined) return 'the wallet cannot hold the refund';
  await bookTransfers(sql, [refundTransfer({ id, orderId, amountMinor }, wallet)]);
  return undefined;
}
