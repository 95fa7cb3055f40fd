-- Orders that end early: parts of the money go back, refunds that are stuck are tried again, and what a provider has not answered
-- is asked again until it is known.

alter table payments.order_payments
  -- Why the coupon was rejected: told again when orders asks again.
  add column coupon_reason text,
  -- `cancelled_attempt` is the tombstone of the whole order, whatever attempt a step belongs to; this is why.
  add column cancel_reason text;

update payments.order_payments set cancel_reason = 'the order is cancelled' where cancelled_attempt is not null;
update payments.order_payments set coupon_reason = 'the coupon was rejected' where coupon_state = 'REJECTED';

alter table payments.order_payments
  add constraint order_payments_cancelled check ((cancelled_attempt is null) = (cancel_reason is null)),
  add constraint order_payments_coupon_reason check ((coupon_state = 'REJECTED') = (coupon_reason is not null));

-- A cause is the cancellation, or the lines dropped with a version of the order.
alter table payments.refunds
  add column fault text,
  -- How often it was tried again after a refusal: each time under a key of its own, or the provider would give the same answer.
  add column tries integer not null default 0,
  drop constraint refunds_cause,
  add constraint refunds_cause check (cause = 'CANCELLED' or cause ~ '^LINES:[1-9][0-9]*$');

update payments.refunds set fault = 'unknown' where state = 'STUCK';

alter table payments.refunds
  add constraint refunds_fault check ((state = 'STUCK') = (fault is not null));

-- What an order's refunds claim, made or not, is never more than its payment, and what was given back is what its refunds made.
-- At commit: by then both sides are written.
create function payments.check_refunds() returns trigger language plpgsql as $$
declare
  wrong boolean;
begin
  select coalesce(sum(r.amount_minor), 0) > coalesce(p.amount_minor, 0)
      or coalesce(sum(r.amount_minor) filter (where r.state = 'DONE'), 0) <> p.refunded_minor
  into wrong
  from payments.order_payments p
  left join payments.refunds r on r.order_id = p.order_id
  where p.order_id = new.order_id
  group by p.order_id;
  if wrong then
    raise exception 'the refunds of order % do not fit its payment', new.order_id
      using errcode = 'check_violation', constraint = 'refunds_fit_payment';
  end if;
  return null;
end $$;

create constraint trigger refunds_fit_payment after insert or update on payments.refunds
  deferrable initially deferred for each row execute function payments.check_refunds();
create constraint trigger order_payments_fit_refunds after update of refunded_minor, amount_minor on payments.order_payments
  deferrable initially deferred for each row
  when (new.refunded_minor <> old.refunded_minor or new.amount_minor is distinct from old.amount_minor and new.refunded_minor > 0)
  execute function payments.check_refunds();

-- The ledger says so too: an order's sales, captured less given back, never fall below zero.
create function payments.check_sales() returns trigger language plpgsql as $$
declare
  wrong text;
begin
  if not exists (select from added where account_id = 'sales' and amount_minor < 0) then
    return null;
  end if;
  select t.order_id into wrong
  from added a
  join payments.transfers t on t.id = a.transfer_id
  join payments.transfers o on o.order_id = t.order_id
  join payments.entries e on e.transfer_id = o.id and e.account_id = 'sales'
  where a.account_id = 'sales' and a.amount_minor < 0
  group by t.order_id, a.id
  having sum(e.amount_minor) < 0
  limit 1;
  if wrong is not null then
    raise exception 'more of order % is given back than was captured', wrong
      using errcode = 'check_violation', constraint = 'entries_refund_what_was_captured';
  end if;
  return null;
end $$;

create trigger entries_refund after insert on payments.entries
  referencing new table as added for each statement execute function payments.check_sales();

-- Orders of which the provider has not told yet how a charge or a refund went: asked again when due, with the same keys. A row is
-- written and removed with the state it follows from; due when whoever wrote it should have had its answer long ago.
create table payments.provider_asks (
  order_id text not null,
  asked integer not null default 0,
  -- What is booked in the end belongs to the trace of what asked for it.
  traceparent text,
  due_at timestamptz not null default now() + interval '15 seconds',
  constraint provider_asks_pkey primary key (order_id),
  constraint provider_asks_order foreign key (order_id) references payments.order_payments (order_id)
);

create index provider_asks_due on payments.provider_asks (due_at);

insert into payments.provider_asks (order_id, due_at)
select order_id, now() from payments.order_payments p
where payment_method = 'CARD'
  and (payment_state = 'PENDING' or exists (select from payments.refunds r where r.order_id = p.order_id and r.state = 'PENDING'));
