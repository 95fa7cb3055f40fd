-- Routing: who sends an order, how far its parcels have come and when they arrive.

-- One row per order, with all that a choice of sellers rests on. Its lock is taken before anything of the order is changed;
-- `version` is the `seq` of the order's newest event on delivery.events.
create table routing.order_routes (
  order_id text not null,
  customer_id text not null,
  version bigint not null,
  state text not null,
  -- Of the newest assignment; 0 before the first.
  attempt integer not null,
  -- Everybody who serves the order at present.
  seller_ids text[] not null default '{}',
  lines jsonb not null,
  dropped_line_nos integer[] not null default '{}',
  -- Per line number the sellers that are out of the question for it.
  excluded jsonb not null default '{}',
  allow_partial boolean not null,
  ship_to jsonb not null,
  -- Where the address lies; null when no hub serves it.
  located jsonb,
  placed_at timestamptz not null,
  -- Told once, at the first assignment, and kept for ever.
  promised_at timestamptz,
  -- The attempt whose cancellation has been answered.
  cancelled_attempt integer,
  updated_at timestamptz not null default now(),
  constraint order_routes_pkey primary key (order_id),
  constraint order_routes_state check (state in ('ASSIGNED', 'UNAVAILABLE', 'STARTED', 'CANCELLED')),
  constraint order_routes_attempt check (attempt >= 0)
);

-- One parcel: what one seller sends of one order. The rows are followed by read models, guarded by `version`.
create table routing.deliveries (
  id uuid not null,
  order_id text not null,
  customer_id text not null,
  seller_id text not null,
  lane_id text not null,
  status text not null,
  version bigint not null,
  attempt integer not null,
  lines jsonb not null,
  -- What its estimates follow from, with the lane's factor at that revision.
  progress jsonb not null,
  lane_revision bigint not null,
  started_at timestamptz,
  handover_due_at timestamptz,
  handed_over_at timestamptz,
  scanned_at timestamptz,
  delivered_at timestamptz,
  -- Where the log tells of the hand-over and of the arrival: a repeat is answered with the same position.
  handed_over_seq bigint,
  delivered_seq bigint,
  -- The newest estimate: its row in the ledger, and its times for those who follow this table.
  eta_id uuid not null,
  eta_version integer not null,
  expected_at timestamptz not null,
  promised_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint deliveries_pkey primary key (id),
  constraint deliveries_order_seller_key unique (order_id, seller_id),
  constraint deliveries_order foreign key (order_id) references routing.order_routes (order_id),
  constraint deliveries_status check (status in ('ASSIGNED', 'STARTED', 'HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY',
    'DELIVERED', 'REASSIGNED', 'CANCELLED', 'LOST')),
  constraint deliveries_started check (status not in ('STARTED', 'HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED')
    or started_at is not null),
  constraint deliveries_handed_over check (status not in ('HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED')
    or handed_over_at is not null),
  constraint deliveries_delivered check ((status = 'DELIVERED') = (delivered_at is not null))
);

create index deliveries_seller on routing.deliveries (seller_id, id desc);
-- What a change of a lane's factor concerns.
create index deliveries_open_by_lane on routing.deliveries (lane_id, order_id, lane_revision)
  where status in ('ASSIGNED', 'STARTED', 'HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY');

-- Why a seller was chosen; apart from the parcels, since it is large and never changes.
create table routing.assignments (
  delivery_id uuid not null,
  attempt integer not null,
  decided_at timestamptz not null,
  chosen jsonb not null,
  candidates jsonb not null,
  constraint assignments_pkey primary key (delivery_id, attempt),
  constraint assignments_delivery foreign key (delivery_id) references routing.deliveries (id)
);

-- Every estimate that was ever told. Each has its EtaChanged: `event_id` and `seq` are that event's.
create table routing.eta_ledger (
  id uuid not null,
  delivery_id uuid not null,
  version integer not null,
  expected_at timestamptz not null,
  earliest_at timestamptz not null,
  latest_at timestamptz not null,
  promised_at timestamptz,
  computed_at timestamptz not null,
  reason text not null,
  parts jsonb not null,
  previous_expected_at timestamptz,
  event_id uuid not null,
  seq bigint not null,
  constraint eta_ledger_pkey primary key (id),
  constraint eta_ledger_delivery_version_key unique (delivery_id, version),
  constraint eta_ledger_delivery foreign key (delivery_id) references routing.deliveries (id),
  constraint eta_ledger_interval check (earliest_at <= expected_at and expected_at <= latest_at)
);

create function routing.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'what was told is only ever added to' using errcode = 'restrict_violation';
end $$;

create trigger eta_ledger_append_only before update or delete on routing.eta_ledger
  for each row execute function routing.refuse_change();

-- What present delays multiply a lane's time by. A lane has a row from its first parcel or factor on; `revision` counts the
-- changes and is the `seq` of the lane's events. Past `valid_until` the factor counts as 1, whether or not that was swept yet.
create table routing.lane_factors (
  lane_id text not null,
  factor double precision not null default 1,
  previous_factor double precision not null default 1,
  valid_until timestamptz,
  revision bigint not null default 0,
  set_by text not null default 'OPERATOR',
  reason text not null default '',
  -- Of the newest LaneFactorChanged.
  event_id uuid,
  updated_at timestamptz not null default now(),
  constraint lane_factors_pkey primary key (lane_id),
  constraint lane_factors_factor check (factor between 0.2 and 10),
  constraint lane_factors_set_by check (set_by in ('OPERATOR', 'RISK', 'EXPIRY')),
  constraint lane_factors_told check ((revision = 0) = (event_id is null))
);

create index lane_factors_valid_until on routing.lane_factors (valid_until) where valid_until is not null;
