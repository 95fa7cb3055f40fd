-- Risk: how likely each order comes too late.

-- What is known of an order's parcels since `attempt` (0: before any), and what follows from it. `version` is the `seq` of its newest event on delivery.risk;
-- 0: none yet. The columns from `level` on are null until there is a promise to be late for.
create table risk.order_risks (
  order_id text not null,
  customer_id text not null,
  seller_ids text[] not null default '{}',
  parcels jsonb not null default '[]',
  attempt integer not null default 0,
  cancelled boolean not null default false,
  version bigint not null default 0,
  level text,
  predicted_delay_minutes double precision,
  reason text,
  since timestamptz,
  updated_at timestamptz not null default now(),
  constraint order_risks_pkey primary key (order_id),
  constraint order_risks_version check (version >= 0),
  constraint order_risks_level check (level in ('LOW', 'ELEVATED', 'HIGH', 'CONFIRMED')),
  constraint order_risks_whole check (num_nulls(level, predicted_delay_minutes, reason, since) in (0, 4))
);
