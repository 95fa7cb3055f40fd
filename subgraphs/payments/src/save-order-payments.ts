import type { Sql } from '@waygraph/kit/database';
import { eachOf } from '@waygraph/kit/json-rows';
import { fullRows, insertRows, uuidv7, type OutboxRow } from '@waygraph/kit/outbox';
import type { Written } from './books.ts';
import { walletAccount, type Transfer } from './ledger.ts';
import { isUnknown, type OrderPayment } from './order-payment.ts';

export type Saved = {
  /** As it was locked. */
  readonly before: OrderPayment;
  readonly after: OrderPayment;
  /** Of what changed it last: what the provider is asked for from now on, and answers later, belongs to its trace. */
  readonly traceparent: string | undefined;
};

/**
 * Writes what was decided under the locks, with what is told of it, in one statement; of its parts only those that have something to
 * write. The order of parts is nobody's business: each touches rows of its own, and the database checks all of them behind the whole.
 */
export async function saveOrderPayments(
  sql: Sql,
  saved: readonly Saved[],
  { wallets, coupons, transfers }: Written,
  told: readonly OutboxRow[],
): Promise<void> {
  const params: unknown[] = [JSON.stringify(fullRows(told))];
  const parts = [`told as (${insertRows})`];
  const add = (rows: readonly unknown[], part: (rows: string) => string) => {
    if (rows.length === 0) return;
    params.push(JSON.stringify(rows));
    parts.push(part(eachOf(params.length)));
  };
  add(
    transfers.map(({ id, kind, orderId }) => ({ id, kind, orderId })),
    rows => `transfer as (
      insert into transfers (id, kind, order_id)
      select id, kind, "orderId" from ${rows}, jsonb_to_record(it) as t(id uuid, kind text, "orderId" text)
    )`,
  );
  add(transfers.flatMap(entriesOf), insertEntries);
  add(
    wallets.map(wallet => ({ ...wallet, id: walletAccount(wallet.customerId) })),
    rows => `wallet as (
      update accounts a set balance_minor = w."balanceMinor", version = w.version, untold = w.untold, updated_at = now()
      from ${rows}, jsonb_to_record(it) as w(id text, "balanceMinor" bigint, version bigint, untold bigint)
      where a.id = w.id
    )`,
  );
  add(
    coupons,
    rows => `coupon as (
      update coupons c set used = u.used, version = c.version + 1, updated_at = now()
      from ${rows}, jsonb_to_record(it) as u(code text, used int) where c.code = u.code
    )`,
  );
  add(
    saved.flatMap(({ before, after: { orderId, refunds } }) =>
      refunds.filter(refund => !before.refunds.includes(refund)).map(refund => ({ ...refund, orderId })),
    ),
    rows => `refund as (
      insert into refunds (id, order_id, cause, attempt, amount_minor, state, reason, tries, fault)
      select id, "orderId", cause, attempt, "amountMinor", state, reason, tries, fault
      from ${rows}, jsonb_to_record(it) as r(id uuid, "orderId" text, cause text, attempt int, "amountMinor" bigint, state text,
        reason text, tries int, fault text)
      on conflict (id) do update set state = excluded.state, tries = excluded.tries, fault = excluded.fault
    )`,
  );
  add(
    saved
      .filter(({ before, after }) => isUnknown(after) && !isUnknown(before))
      .map(({ after: { orderId }, traceparent }) => ({ orderId, traceparent })),
    rows => `ask as (
      insert into provider_asks (order_id, traceparent)
      select "orderId", traceparent from ${rows}, jsonb_to_record(it) as a("orderId" text, traceparent text)
      on conflict do nothing
    )`,
  );
  add(
    saved
      .filter(({ before, after }) => isUnknown(before) && !isUnknown(after))
      .map(({ after: { orderId } }) => ({ orderId })),
    rows => `answered as (
      delete from provider_asks using ${rows} where order_id = it ->> 'orderId'
    )`,
  );
  params.push(JSON.stringify(saved.map(rowOf)));
  await sql(`with ${parts.join(', ')} ${updateOrders(params.length)}`, params);
}

const entriesOf = ({ id, entries }: Transfer) => entries.map(entry => ({ ...entry, id: uuidv7(), transferId: id }));

const insertEntries = (rows: string): string => `entry as (
  insert into entries (id, transfer_id, account_id, amount_minor, seq, balance_minor)
  select id, "transferId", "accountId", "amountMinor", seq, "balanceMinor"
  from ${rows}, jsonb_to_record(it)
    as e(id uuid, "transferId" uuid, "accountId" text, "amountMinor" bigint, seq bigint, "balanceMinor" bigint)
)`;

/** What an order consists of is written once. */
function rowOf({ before, after }: Saved) {
  const { orderId, version, sellerIds, placed, assigned, coupon, payment, cancelled, givenUp } = after;
  return {
    ...{ orderId, version, sellerIds, givenUp },
    ...(before.placed === null ? placed : null),
    ...{ assigned, coupon, payment, cancelled },
  };
}

const updateOrders = (parameter: number): string =>
  `update order_payments o set version = s.version, seller_ids = s."sellerIds", method = coalesce(o.method, s.method),
     coupon_code = coalesce(o.coupon_code, s."couponCode"), lines = coalesce(o.lines, s.lines),
     assigned_attempt = (s.assigned ->> 'attempt')::int, dropped_line_nos = s.assigned -> 'droppedLineNos',
     coupon_state = s.coupon ->> 'state', discount_minor = (s.coupon ->> 'discountMinor')::bigint,
     coupon_reason = s.coupon ->> 'reason',
     payment_id = (s.payment ->> 'id')::uuid, payment_method = s.payment ->> 'method', payment_state = s.payment ->> 'state',
     payment_attempt = (s.payment ->> 'attempt')::int, amount_minor = (s.payment ->> 'amountMinor')::bigint,
     refunded_minor = coalesce((s.payment ->> 'refundedMinor')::bigint, 0), reason = s.payment ->> 'reason',
     charge_sent = coalesce((s.payment ->> 'isSent')::boolean, false),
     cancelled_attempt = (s.cancelled ->> 'attempt')::int, cancel_reason = s.cancelled ->> 'reason',
     given_up = s."givenUp", updated_at = now()
   from ${eachOf(parameter)}, jsonb_to_record(it) as s("orderId" text, version bigint, "sellerIds" text[], "givenUp" boolean,
     method text, "couponCode" text, lines jsonb, assigned jsonb, coupon jsonb, payment jsonb, cancelled jsonb)
   where o.order_id = s."orderId"`;
