-- Events that a consumer group could not handle when they came. The order per key holds: what comes later for the same key waits
-- behind them, whatever its topic; other keys go on.

-- Order within a key, shared by both tables: an event that comes back from the dead has its old place.
create sequence parked_positions;

-- Keys of which something waits: the lock that consumer, retry worker and operator share. No row: nothing waits.
create table parked_keys (
  consumer_group text not null,
  key text not null,
  -- When the first of its events is to be tried; null while an operator has to decide.
  due_at timestamptz,
  -- The worker that tries it now, and until when nobody else may.
  leased_by uuid,
  leased_until timestamptz,
  primary key (consumer_group, key)
);
create index parked_keys_due on parked_keys (consumer_group, due_at) where due_at is not null;

-- Events to be tried again, as Kafka had them.
create table parked (
  position bigint primary key default nextval('parked_positions'),
  consumer_group text not null,
  key text not null,
  -- The header `id`; of a record without one, an id made of its place and content.
  event_id uuid not null,
  topic text not null,
  partition int not null,
  record_offset bigint not null,
  headers jsonb not null,
  value text,
  timestamp_ms bigint not null,
  handler text not null,
  -- How often it was tried; 0 for those that only wait behind another.
  attempts int not null,
  due_at timestamptz not null,
  reason text,
  stack_hash text,
  parked_at timestamptz not null default now(),
  unique (consumer_group, event_id)
);
create index parked_in_order on parked (consumer_group, key, position);

-- Events that wait for an operator.
create table dead_letters (
  position bigint primary key default nextval('parked_positions'),
  consumer_group text not null,
  key text not null,
  event_id uuid not null,
  topic text not null,
  partition int not null,
  record_offset bigint not null,
  headers jsonb not null,
  value text,
  timestamp_ms bigint not null,
  handler text not null,
  attempts int not null,
  reason text not null,
  stack_hash text not null,
  died_at timestamptz not null default now(),
  unique (consumer_group, event_id)
);
create index dead_letters_in_order on dead_letters (consumer_group, key, position);

-- How many dead letters were told of a key: the seq of what goes to `<group>.dead`.
create table dead_letter_seqs (
  consumer_group text not null,
  key text not null,
  seq bigint not null,
  primary key (consumer_group, key)
);

-- What operators did with dead letters.
create table dead_letter_actions (
  id bigint generated always as identity primary key,
  position bigint not null,
  consumer_group text not null,
  event_id uuid not null,
  action text not null check (action in ('REDRIVE', 'EDIT', 'DISCARD')),
  who text not null,
  reason text,
  before text,
  after text,
  at timestamptz not null default now()
);
create index dead_letter_actions_of on dead_letter_actions (position);
