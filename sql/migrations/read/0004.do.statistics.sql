-- How long lanes take: the median, and how actual times spread around expected ones (actual / expected) at 5, 50, 93.8 and 95 %.
-- order_count 0: nobody has measured it, the median follows from the distance.
create table stats.lanes (
  lane_id text primary key,
  origin char(2) not null,
  destination char(2) not null,
  median_minutes double precision not null,
  q05 double precision not null,
  q50 double precision not null,
  q938 double precision not null,
  q95 double precision not null,
  order_count int not null,
  updated_at timestamptz not null,
  constraint lanes_id check (lane_id = origin || '>' || destination),
  constraint lanes_spread check (0 < q05 and q05 <= 1 and 1 <= q938 and q938 <= q95),
  unique (origin, destination)
);

-- How long sellers take until they hand over.
create table stats.seller_handling (
  seller_id text primary key,
  median_minutes double precision not null,
  order_count int not null,
  updated_at timestamptz not null
);

-- Read model of routing.deliveries.
create table stats.deliveries (
  id text primary key,
  order_id text not null,
  seller_id text not null,
  lane_id text not null,
  status text not null,
  started_at timestamptz,
  handover_due_at timestamptz,
  handed_over_at timestamptz,
  delivered_at timestamptz,
  version bigint not null,
  updated_at timestamptz not null,
  last_rebuild bigint not null default 0
);
create index deliveries_due on stats.deliveries (handover_due_at) where handover_due_at is not null;
create index deliveries_handed_over on stats.deliveries (handed_over_at) where handed_over_at is not null;

-- Sellers of a day, best first; the rows of a day are replaced together.
create table stats.mv_seller_ranking (
  day date not null,
  seller_id text not null,
  rank int not null,
  score double precision not null,
  penalty_score double precision not null,
  penalty_minutes double precision not null,
  late_handover_rate double precision not null,
  order_count int not null,
  reason text not null,
  primary key (day, seller_id),
  unique (day, rank) deferrable,
  constraint mv_seller_ranking_penalty check (penalty_score between 0 and 1)
);
create index mv_seller_ranking_seller on stats.mv_seller_ranking (seller_id, day desc);
