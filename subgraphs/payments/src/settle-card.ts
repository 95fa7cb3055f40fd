import { sqlOfPool, withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { withTrace } from '@waygraph/kit/trace';
import { bookCharge } from './capture-payment.ts';
import { currency } from './ledger.ts';
import { lockKnown, readOrderPayment, saveOrderPayment } from './lock-order-payment.ts';
import { andThen, paymentFailed, unchanged, type Change, type OrderPayment, type Refund } from './order-payment.ts';
import { moneyGoesBack, refundKey, refundStuck } from './order-refund.ts';
import type { ChargeAnswer, PaymentProvider, RefundAnswer } from './provider.ts';
import { bookRefund } from './refund-payment.ts';

type Deps = { readonly pool: Pool; readonly provider: PaymentProvider };

/**
 * Asks the provider for all that is not known yet of an order's card, under the ids of payment and refunds, so that asking again
 * after a kill or a time-out changes nothing there; books what it answers. Rejects, as a passing fault, when there is no answer: what
 * is not known then stays so, and is asked again when it is due (`takeDueAsks`). True when there was something to ask.
 */
export async function settleCard(deps: Deps, orderId: string): Promise<boolean> {
  const [ask] = await sqlOfPool(deps.pool)<{ traceparent: string | null }>(
    'select traceparent from provider_asks where order_id = $1',
    [orderId],
  );
  if (ask === undefined) return false;
  await withTrace(ask.traceparent ?? undefined, () => askForAll(deps, orderId));
  return true;
}

async function askForAll({ pool, provider }: Deps, orderId: string): Promise<void> {
  const read = () => readOrderPayment(sqlOfPool(pool), orderId);
  let state = await read();
  if (state?.payment?.state === 'PENDING') {
    const { id: key, customerId, amountMinor } = state.payment;
    const answer = await provider.charge({ key, orderId, customerId, amountMinor, currency });
    await decide(pool, orderId, (now, sql) => settleCharge(sql, now, answer));
    state = await read();
  }
  for (const refund of pending(state)) {
    const chargeKey = state?.payment?.id ?? '';
    const answer = await provider.refund({ key: refundKey(refund), chargeKey, amountMinor: refund.amountMinor });
    await decide(pool, orderId, (now, sql) => settleRefund(sql, now, refund, answer));
  }
}

const pending = (state: OrderPayment | undefined) => state?.refunds.filter(refund => refund.state === 'PENDING') ?? [];

async function decide(
  pool: Pool,
  orderId: string,
  settle: (state: OrderPayment, sql: Sql) => Promise<Change> | Change,
): Promise<void> {
  await withTransaction(pool, async sql => {
    const before = await lockKnown(sql, orderId);
    if (before === undefined) return;
    const change = await settle(before, sql);
    if (change.state !== before) await saveOrderPayment(sql, before, change);
  });
}

/** Somebody else, who asked for the same, may have been faster: then there is nothing to decide any more. */
function settleCharge(sql: Sql, state: OrderPayment, answer: ChargeAnswer): Promise<Change> | Change {
  const { payment, cancelled } = state;
  if (payment?.state !== 'PENDING') return unchanged(state);
  if (answer.kind === 'DECLINED') return paymentFailed(state, payment, answer.reason);
  // Too late: nobody is to see money of a cancelled order, so the capture is booked together with its refund.
  if (cancelled !== null) return unchanged(moneyGoesBack(state, uuidv7(), { isCharged: true }));
  return bookCharge(sql, state);
}

async function settleRefund(sql: Sql, state: OrderPayment, asked: Refund, answer: RefundAnswer): Promise<Change> {
  const refund = state.refunds.find(({ id }) => id === asked.id);
  // Under another key it is another question.
  if (refund?.state !== 'PENDING' || refund.tries !== asked.tries) return unchanged(state);
  const captured = await bookCharge(sql, state);
  if (answer.kind === 'REFUSED') return andThen(captured, now => refundStuck(now, refund, answer.reason));
  const refunded = await bookRefund(sql, captured.state, refund);
  return andThen(captured, () => refunded);
}
