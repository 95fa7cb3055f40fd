-- Up to where outbox and log are known to be the same; one row per database. `read_from` and `read_to` are offsets by topic and partition:
-- what rows from `tx` on have led to lies at `read_from` or behind it, and everything below `read_to` has been counted.
create table cdc.outbox_position (
  one boolean primary key default true check (one),
  tx bigint not null,
  read_from jsonb not null,
  read_to jsonb not null,
  saved_at timestamptz not null default now()
);

-- What was done to a connector whose slot was lost, dropped, made anew or moved. A row without an end is a repair to be done again.
create table cdc.connector_repairs (
  id bigint generated always as identity primary key,
  connector text not null,
  slot text not null,
  cause text not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);
