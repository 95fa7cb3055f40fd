-- What orders take: reserved until the money is there, then sold, or given back.

-- Orders change stock too, which is told on stock.events. `adjustments` counts the changes that are told on inventory.events alone,
-- so that they stay without a gap there; `version` counts all changes.
alter table inventory.stock add column adjustments bigint not null default 1;
update inventory.stock set adjustments = version where version <> 1;

-- An order as far as stock is concerned. `version` is the `seq` of its newest event on stock.events; 0: none yet.
create table inventory.order_stock (
  order_id text not null,
  customer_id text not null,
  seller_ids text[] not null default '{}',
  paid boolean not null default false,
  version bigint not null default 0,
  updated_at timestamptz not null default now(),
  constraint order_stock_pkey primary key (order_id),
  constraint order_stock_version check (version >= 0)
);

-- The answer to each attempt: all its lines or none. A row is also the memory by which a repeated request does nothing.
create table inventory.reservations (
  order_id text not null,
  attempt integer not null,
  state text not null,
  lines jsonb not null,
  expires_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint reservations_pkey primary key (order_id, attempt),
  constraint reservations_attempt check (attempt >= 1),
  constraint reservations_state check (state in ('HELD', 'CONFIRMED', 'REJECTED', 'RELEASED', 'EXPIRED')),
  constraint reservations_expiry check (state <> 'HELD' or expires_at is not null)
);
