-- Applied to every schema that publishes events (the services' and cdc), with search_path set to it.

-- Events to be published. The connector reads inserts from the WAL, through the partitioned root. Never COPY into it.
create table outbox (
  id uuid not null default gen_random_uuid(),
  topic text not null,
  key text not null,
  type text not null,
  v int not null default 1,
  seq bigint not null,
  payload jsonb not null,
  traceparent text,
  occurred_us bigint not null default (extract(epoch from clock_timestamp()) * 1e6)::bigint,
  day date not null default (now() at time zone 'utc')::date,
  primary key (day, id)
) partition by range (day);

create table outbox_default partition of outbox default;

-- Publishing again under the original event id goes through this twin: there an id may come twice.
create table outbox_again (
  id uuid not null,
  topic text not null,
  key text not null,
  type text not null,
  v int not null,
  seq bigint not null,
  payload jsonb not null,
  traceparent text,
  occurred_us bigint not null,
  n bigserial primary key
);

-- Events whose effect is done, written in the effect's transaction.
create table inbox (
  consumer_group text not null,
  event_id uuid not null,
  handled_at timestamptz not null default now(),
  primary key (consumer_group, event_id)
);

-- What was answered to a request that carried a key; a null response is a request still running.
create table idempotency (
  subject text not null,
  operation text not null,
  key text not null,
  request_hash text not null,
  response jsonb,
  created_at timestamptz not null default now(),
  primary key (subject, operation, key)
);
