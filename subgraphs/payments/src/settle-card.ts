import { isTransient, sqlOfPool, withTransaction, type Pool } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { withTrace } from '@waygraph/kit/trace';
import type { Books } from './books.ts';
import { bookCharge } from './capture-payment.ts';
import { changeOrderPayments } from './change-order-payments.ts';
import { currency } from './ledger.ts';
import { readOrderPayment } from './lock-order-payments.ts';
import { andThen, paymentFailed, unchanged, type Change, type OrderPayment, type Refund } from './order-payment.ts';
import { leftUnclear, moneyGoesBack, refundKey, refundStuck } from './order-refund.ts';
import type { ChargeAnswer, PaymentProvider, RefundAnswer } from './provider.ts';
import { bookRefund } from './refund-payment.ts';

type Deps = { readonly pool: Pool; readonly provider: PaymentProvider };

/** Somebody is told of what the provider leaves unanswered when it was due so often: about a minute, see `takeDueAsks`. */
export const mostAsked = 5;

/**
 * Asks the provider for all that is not known yet of an order's card, under the ids of payment and refunds, so that asking again
 * after a kill or a time-out changes nothing there; books what it answers. Rejects, as a passing fault, when there is no answer: what
 * is not known then stays so, and is asked again when it is due (`takeDueAsks`). True when there was something to ask.
 */
export async function settleCard(deps: Deps, orderId: string): Promise<boolean> {
  // That the charge is sent is written before it is: a cancellation that comes first finds it unsent, and it is never sent.
  const [ask] = await sqlOfPool(deps.pool)<{ traceparent: string | null; asked: number }>(
    `with sent as (
       update order_payments set charge_sent = true where order_id = $1 and payment_state = 'PENDING' and not charge_sent
     )
     select traceparent, asked from provider_asks where order_id = $1`,
    [orderId],
  );
  if (ask === undefined) return false;
  await withTrace(ask.traceparent ?? undefined, () => askForAll(deps, orderId, ask.asked));
  return true;
}

/** What fails keeps nothing else of the order waiting. */
async function askForAll({ pool, provider }: Deps, orderId: string, asked: number): Promise<void> {
  const read = () => readOrderPayment(sqlOfPool(pool), orderId);
  const faults: unknown[] = [];
  /** What there is to book when the provider has said nothing, or nothing that is understood. */
  async function unclear(fault: unknown): Promise<void> {
    faults.push(fault);
    if (!isTransient(fault) || asked >= mostAsked) await book(pool, orderId, now => leftUnclear(now, reasonOf(fault)));
  }

  let state = await read();
  if (state?.payment?.state === 'PENDING' && state.payment.isSent) {
    const { id: key, customerId, amountMinor } = state.payment;
    const answer = await answerOf(() => provider.charge({ key, orderId, customerId, amountMinor, currency }));
    if ('fault' in answer) await unclear(answer.fault);
    else await book(pool, orderId, (now, books) => settleCharge(now, books, answer));
    state = await read();
  }
  const isPending = (one: Refund) => one.state === 'PENDING';
  for (const { id } of state?.refunds.filter(isPending) ?? []) {
    // Somebody may have settled it by hand while another one was asked for.
    state = await read();
    const refund = state?.refunds.find(one => one.id === id && isPending(one));
    if (refund === undefined) continue;
    const chargeKey = state?.payment?.id ?? '';
    const ask = { key: refundKey(refund), chargeKey, amountMinor: refund.amountMinor };
    const answer = await answerOf(() => provider.refund(ask));
    if (!('fault' in answer)) await book(pool, orderId, (now, books) => settleRefund(now, books, refund, answer));
    else if (isTransient(answer.fault)) await unclear(answer.fault);
    else {
      // Asked the same way it would say the same for ever.
      const refused = { kind: 'REFUSED', reason: reasonOf(answer.fault) } as const;
      await book(pool, orderId, (now, books) => settleRefund(now, books, refund, refused));
    }
  }
  if (faults.length > 0) throw faults[0];
}

const answerOf = <Answer extends object>(ask: () => Promise<Answer>): Promise<Answer | { readonly fault: unknown }> =>
  ask().catch((fault: unknown) => ({ fault }));

const reasonOf = (fault: unknown): string =>
  (fault instanceof Error && fault.message !== '' ? fault.message : 'the provider cannot be asked').slice(0, 500);

const book = (pool: Pool, orderId: string, decide: (state: OrderPayment, books: Books) => Change): Promise<unknown> =>
  withTransaction(pool, sql =>
    // A card's money is on no wallet, and its coupon is none of the provider's business.
    changeOrderPayments(sql, [{ parties: { orderId, customerId: '' }, decide }]),
  );

/** Somebody else, who asked for the same, may have been faster: then there is nothing to decide any more. */
function settleCharge(state: OrderPayment, books: Books, answer: ChargeAnswer): Change {
  const { payment, cancelled } = state;
  if (payment?.state !== 'PENDING') return unchanged(state);
  if (answer.kind === 'DECLINED') return paymentFailed(state, payment, answer.reason);
  // Too late: nobody is to see money of a cancelled order, so the capture is booked together with its refund.
  if (cancelled !== null) return unchanged(moneyGoesBack(state, uuidv7(), { isCharged: true }));
  return bookCharge(state, books);
}

function settleRefund(state: OrderPayment, books: Books, asked: Refund, answer: RefundAnswer): Change {
  const refund = state.refunds.find(({ id }) => id === asked.id);
  // Settled by hand while it was asked for, and made all the same: the books tell it, and orders that too much went back.
  const isTwice = refund?.state === 'SETTLED' && answer.kind === 'REFUNDED';
  // Under another key it is another question.
  if ((refund?.state !== 'PENDING' && !isTwice) || refund.tries !== asked.tries) return unchanged(state);
  const captured = bookCharge(state, books);
  return andThen(captured, now =>
    answer.kind === 'REFUSED' ? refundStuck(now, refund, answer.reason) : bookRefund(now, refund, books),
  );
}
