-- The writing transaction's number (64 bits: it never wraps): the reconciler reads rows in this order, and whatever is below the oldest
-- running transaction can no longer change. Clocks may step, this does not.
alter table outbox add column tx bigint not null default pg_current_xact_id()::text::bigint;
create index outbox_tx on outbox (tx);

-- What the reconciler itself wrote is a repair of a row that it keeps an eye on anyway; other rows are proven like those of the outbox.
alter table outbox_again
  add column tx bigint not null default pg_current_xact_id()::text::bigint,
  add column repair boolean not null default false,
  add column day date not null default (now() at time zone 'utc')::date;
create index outbox_again_tx on outbox_again (tx) where not repair;

-- A partition per day, the first week's made here; later ones are made ahead by consumers/outbox-health. The default one stays empty.
do $$
declare
  first date := (now() at time zone 'utc')::date;
begin
  for n in 0..7 loop
    if not exists (select from outbox_default where day = first + n) then
      execute format('create table %I partition of outbox for values from (%L) to (%L)',
        'outbox_' || to_char(first + n, 'YYYYMMDD'), first + n, first + n + 1);
    end if;
  end loop;
end $$;
