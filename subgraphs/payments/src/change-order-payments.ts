import type { Sql } from '@waygraph/kit/database';
import { followingFrom, type OutboxRow } from '@waygraph/kit/outbox';
import { traceparent, withTrace } from '@waygraph/kit/trace';
import { openBooks, type Books } from './books.ts';
import { lockCoupons, lockRows, makeRows, withRefunds } from './lock-order-payments.ts';
import type { Change, OrderPayment } from './order-payment.ts';
import { saveOrderPayments, type Saved } from './save-order-payments.ts';

/** A decision about one order. */
export type Question = {
  readonly parties: { readonly orderId: string; readonly customerId: string };
  /** The order itself, where that is what is told: its row is made whole when nothing was heard of it. */
  readonly placed?: NonNullable<OrderPayment['placed']> | undefined;
  /** Whether it is asked also of an order that nothing was heard of; default: no. */
  readonly isRemembered?: boolean;
  /** Whether the customer's wallet may be booked on; default: no. */
  readonly onWallet?: boolean;
  /** The coupon that may be used or given back; default: none. */
  readonly couponOf?: (state: OrderPayment) => string | undefined;
  /** Of what asks. */
  readonly traceparent?: string | undefined;
  /** The very same state: nothing changes. */
  readonly decide: (state: OrderPayment, books: Books) => Change;
};

/**
 * Loads orders' money, decides one question after the other, saves, tells; in the caller's transaction, and in a handful of statements,
 * however many there are: orders with their wallets, what is new of them, their refunds, their coupons, each only when there are any;
 * and all that was decided. Everybody locks in this order, and each kind by its key, so that orders that cross wait, but not for each
 * other; save for orders that others make between the look and the making: who then waits in a circle is ended by the database with a
 * passing fault, and tries again. Gives the orders as they are then.
 */
export async function changeOrderPayments(sql: Sql, questions: readonly Question[]): Promise<OrderPayment[]> {
  if (questions.length === 0) return [];
  const { orders, wallets } = await lockOrders(sql, questions);
  const codes = questions.flatMap(({ parties, couponOf }) => {
    const state = orders.get(parties.orderId);
    return (state && couponOf?.(state)) ?? [];
  });
  const books = openBooks({ wallets, coupons: await lockCoupons(sql, codes) });

  const saved = new Map<string, Saved>();
  const told: OutboxRow[] = [];
  for (const question of questions) {
    const { orderId } = question.parties;
    const state = orders.get(orderId);
    if (state === undefined) continue;
    const { state: after, events } = question.decide(state, books);
    if (after === state) continue;
    orders.set(orderId, after);
    saved.set(orderId, { before: saved.get(orderId)?.before ?? state, after, traceparent: traceOf(question) });
    told.push(...followingFrom(question, events));
  }
  if (saved.size > 0) await saveOrderPayments(sql, [...saved.values()], books.written(), told);
  return [...orders.values()];
}

const traceOf = (question: Question): string | undefined =>
  question.traceparent === undefined ? traceparent() : withTrace(question.traceparent, traceparent);

async function lockOrders(sql: Sql, questions: readonly Question[]) {
  const byOrder = Map.groupBy(questions, ({ parties }) => parties.orderId);
  // Of an order that is only placed, nothing was heard before: it is made without a look, and whoever was faster is found then.
  const known = [...byOrder].flatMap(([id, asked]) => (asked.every(({ placed }) => placed !== undefined) ? [] : [id]));
  const customers = questions.flatMap(({ onWallet, parties }) => (onWallet === true ? [parties.customerId] : []));
  const locked = known.length > 0 ? await lockRows(sql, known, customers) : { rows: [], wallets: new Map() };
  const found = new Set(locked.rows.map(row => row.order_id));
  const missing = [...byOrder.values()].flatMap(asked => {
    const [first] = asked.filter(({ isRemembered }) => isRemembered);
    if (first === undefined || found.has(first.parties.orderId)) return [];
    return [{ ...first.parties, placed: asked.find(({ placed }) => placed !== undefined)?.placed ?? null }];
  });
  const made = missing.length > 0 ? await makeRows(sql, missing) : [];
  const isAll = customers.length === 0 || locked.rows.length === known.length;
  const { wallets } = isAll ? locked : await lockRows(sql, [], customers);
  return { orders: await withRefunds(sql, [...locked.rows, ...made]), wallets };
}
