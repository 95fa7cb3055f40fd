-- Rebuilds of the catalogue from its sources. The newest number is what read-sync marks rows with.
create table sync.rebuilds (
  id bigint primary key generated always as identity,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  -- Rows taken away because their source no longer has them, per table.
  swept jsonb
);
