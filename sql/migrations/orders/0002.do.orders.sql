-- Orders and what brings them to their end. `version` is the seq of the order's newest event on order.events and the number of
-- its events; `revision` also grows with the changes that nobody is told of (ROUTED, RESERVED, PAID).

create table orders.orders (
  id text not null,
  customer_id text not null,
  status text not null,
  version bigint not null,
  revision bigint not null default 1,
  placed_at timestamptz not null,
  payment_method text not null,
  coupon_code text,
  allow_partial boolean not null,
  ship_to jsonb not null,
  seller_ids text[] not null default '{}',
  subtotal_minor bigint not null,
  discount_minor bigint not null default 0,
  cancel_reason text,
  cancel_refused text,
  last_event_id uuid not null,
  last_event_type text not null,
  last_event_us bigint not null,
  updated_at timestamptz not null default now(),
  constraint orders_pkey primary key (id),
  constraint orders_status check (status in ('PENDING', 'ROUTED', 'RESERVED', 'AWAITING_PAYMENT', 'PAID', 'CONFIRMED', 'HANDED_OVER',
    'DELIVERED', 'CANCELLING', 'CANCELLED')),
  constraint orders_payment_method check (payment_method in ('WALLET', 'CARD')),
  constraint orders_amounts check (discount_minor >= 0 and discount_minor <= subtotal_minor and subtotal_minor <= 2147483647),
  constraint orders_cancelled check (status not in ('CANCELLING', 'CANCELLED') or cancel_reason is not null)
) with (fillfactor = 70);

-- Neither holds a column that changes, so that an update stays on its page.
create index orders_customer on orders.orders (customer_id, placed_at, id);
create index orders_placed on orders.orders (placed_at, id);

create table orders.lines (
  order_id text not null,
  line_no integer not null,
  product_id text not null,
  name text not null,
  quantity integer not null,
  unit_price_minor bigint not null,
  status text not null default 'ACTIVE',
  seller_id text,
  constraint lines_pkey primary key (order_id, line_no),
  constraint lines_order foreign key (order_id) references orders.orders (id),
  constraint lines_product_key unique (order_id, product_id),
  constraint lines_quantity check (quantity between 1 and 10000),
  constraint lines_status check (status in ('ACTIVE', 'DROPPED'))
);

create index lines_seller on orders.lines (seller_id, order_id) where seller_id is not null;

-- `steps` is the history of every step and attempt, in the order they began; `parcels` those that count for the hand-over.
create table orders.saga_instances (
  order_id text not null,
  status text not null,
  attempt integer not null,
  steps jsonb not null,
  parcels jsonb not null default '[]',
  paid_minor bigint not null default 0,
  deadline_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint saga_instances_pkey primary key (order_id),
  constraint saga_instances_order foreign key (order_id) references orders.orders (id),
  constraint saga_instances_status check (status in ('RUNNING', 'COMPENSATING', 'COMPLETED', 'COMPENSATED', 'NEEDS_OPERATOR')),
  constraint saga_instances_paid check (paid_minor >= 0)
) with (fillfactor = 70);

-- Every event of every service about an order, under the event's own id.
create table orders.timeline (
  order_id text not null,
  event_id uuid not null,
  topic text not null,
  seq bigint not null,
  type text not null,
  source text not null,
  detail text,
  occurred_us bigint not null,
  constraint timeline_pkey primary key (order_id, event_id)
);

create index timeline_in_order on orders.timeline (order_id, occurred_us, seq, event_id);
