import type { Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { changeOrderPayments } from './change-order-payments.ts';
import { withoutCoupon } from './lock-order-payments.ts';
import { isUnknown, termsOf } from './order-payment.ts';
import { couponOf, decide, isRemembered, mayBookOnWallet, mayMatter, type PaymentFact } from './payment-fact.ts';

type Told = PaymentFact & { readonly traceparent?: string | undefined };

/**
 * What others told about orders, in the order in which it came: coupons are used, money is taken and given back. In the caller's
 * transaction. Gives the orders for which the provider is to be asked, by `settleCard`, behind the commit.
 */
export async function settlePayments(sql: Sql, facts: readonly Told[]): Promise<string[]> {
  const states = await changeOrderPayments(
    sql,
    (await newsOf(sql, facts)).map(fact => ({
      parties: fact.data,
      placed: fact.type === 'OrderPlaced' ? termsOf(fact.data) : undefined,
      isRemembered: isRemembered(fact),
      onWallet: mayBookOnWallet(fact),
      couponOf: state => couponOf(state, fact),
      traceparent: fact.traceparent,
      decide: (state, books) => decide(state, fact, books, uuidv7),
    })),
  );
  return states.filter(isUnknown).map(({ orderId }) => orderId);
}

/** Without what can change nothing. Most orders have no coupon, so their assignments are read and not locked. */
async function newsOf(sql: Sql, facts: readonly Told[]): Promise<Told[]> {
  const assigned = facts.flatMap(({ type, data }) => (type === 'SellerAssigned' ? [data.orderId] : []));
  const settled = assigned.length > 0 ? await withoutCoupon(sql, assigned) : new Set<string>();
  return facts.filter(fact => mayMatter(fact) && !(fact.type === 'SellerAssigned' && settled.has(fact.data.orderId)));
}
