-- Money of orders: one row per order, the coupon's and the payment's steps of its saga, refunds.

-- The other sides of captures: what was sold, and what the payment provider owes us.
insert into payments.accounts (id, kind, currency) values ('sales', 'SYSTEM', 'BRL'), ('card', 'SYSTEM', 'BRL');

-- Captures and refunds change a wallet without an event in `wallet.events`; the seq of that topic, which knows no gap, is
-- `version - untold`.
alter table payments.accounts
  add column untold bigint not null default 0,
  add constraint accounts_untold check (untold between 0 and version);

-- An order is paid at most once, whatever is repeated.
create unique index transfers_one_capture on payments.transfers (order_id) where kind = 'CAPTURE';

-- `version` counts the events that were told about the order: it is the seq of the newest one in `payment.events`.
create table payments.order_payments (
  order_id text not null,
  version bigint not null default 0,
  customer_id text not null,
  seller_ids text[] not null default '{}',
  -- Copied from OrderPlaced; null until it came.
  method text,
  coupon_code text,
  lines jsonb,
  -- Copied from the newest SellerAssigned; null until one came.
  assigned_attempt integer,
  dropped_line_nos jsonb,
  coupon_state text not null default 'OPEN',
  discount_minor bigint not null default 0,
  payment_id uuid,
  payment_method text,
  payment_state text,
  payment_attempt integer,
  amount_minor bigint,
  refunded_minor bigint not null default 0,
  reason text,
  -- The tombstone of a cancellation: steps of this attempt, or of an older one, are not done any more.
  cancelled_attempt integer,
  updated_at timestamptz not null default now(),
  constraint order_payments_pkey primary key (order_id),
  constraint order_payments_payment_id_key unique (payment_id),
  constraint order_payments_method check (method in ('WALLET', 'CARD') and payment_method in ('WALLET', 'CARD')),
  constraint order_payments_placed check ((method is null) = (lines is null)),
  constraint order_payments_assigned check ((assigned_attempt is null) = (dropped_line_nos is null)),
  constraint order_payments_coupon check (coupon_state in ('OPEN', 'REDEEMED', 'REJECTED', 'RESTORED')),
  constraint order_payments_state check (payment_state in ('PENDING', 'CAPTURED', 'FAILED')),
  constraint order_payments_payment check (num_nulls(payment_id, payment_method, payment_state, payment_attempt, amount_minor) in (0, 5)),
  constraint order_payments_amounts check (amount_minor >= 0 and discount_minor >= 0),
  constraint order_payments_refunded check (
    refunded_minor = 0 or (payment_state = 'CAPTURED' and refunded_minor between 0 and amount_minor)
  )
);

-- What is given back, once per order and cause. A card's refund is PENDING while the provider is asked; its id is the key it is
-- asked with.
create table payments.refunds (
  id uuid not null,
  order_id text not null,
  cause text not null,
  attempt integer not null,
  amount_minor bigint not null,
  state text not null,
  reason text not null,
  created_at timestamptz not null default now(),
  constraint refunds_pkey primary key (id),
  constraint refunds_order_cause_key unique (order_id, cause),
  constraint refunds_order foreign key (order_id) references payments.order_payments (order_id),
  constraint refunds_cause check (cause in ('CANCELLED')),
  constraint refunds_amount check (amount_minor > 0),
  constraint refunds_state check (state in ('PENDING', 'DONE', 'STUCK'))
);
