-- The canary's row: one per PostgreSQL server, updated each second. It moves the slot of a server nobody writes to.
create table cdc.beats (
  server text primary key,
  n bigint not null,
  beat_us bigint not null default (extract(epoch from clock_timestamp()) * 1e6)::bigint
);

-- Debezium's signal table (its columns, its widths): snapshots on request, and their watermarks.
create table cdc.signals (
  id varchar(64) primary key,
  type varchar(32) not null,
  data varchar(4096)
);
