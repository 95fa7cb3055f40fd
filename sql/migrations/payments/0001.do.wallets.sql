-- Payments: a double-entry ledger and coupons.
-- Money never appears or vanishes: the entries of a transfer sum to zero, a wallet's balance is the fold of its entries and is
-- never negative. The database refuses anything else, whoever writes.

-- A wallet keeps its running balance. System accounts (`cash`, …) take part in every transfer: a balance there would be one row
-- that all payments wait for, so theirs is only ever folded from the entries.
create table payments.accounts (
  id text not null,
  kind text not null,
  customer_id text,
  currency char(3) not null,
  balance_minor bigint,
  version bigint not null default 1,
  updated_at timestamptz not null default now(),
  constraint accounts_pkey primary key (id),
  constraint accounts_customer_id_key unique (customer_id),
  constraint accounts_kind check (kind in ('WALLET', 'SYSTEM')),
  constraint accounts_customer check ((kind = 'WALLET') = (customer_id is not null)),
  constraint accounts_balance check ((kind = 'WALLET') = (balance_minor is not null)),
  constraint accounts_never_negative check (balance_minor >= 0)
);

insert into payments.accounts (id, kind, currency) values ('cash', 'SYSTEM', 'BRL');

create table payments.transfers (
  id uuid not null,
  kind text not null,
  order_id text,
  created_at timestamptz not null default now(),
  constraint transfers_pkey primary key (id),
  constraint transfers_kind check (kind in ('TOP_UP', 'CAPTURE', 'REFUND', 'ADJUSTMENT'))
);

create index transfers_order_id on payments.transfers (order_id) where order_id is not null;

-- Of a wallet's entries, `seq` is the wallet's version and `balance_minor` its balance after the entry; system accounts have neither.
create table payments.entries (
  id uuid not null,
  transfer_id uuid not null,
  account_id text not null,
  amount_minor bigint not null,
  seq bigint,
  balance_minor bigint,
  constraint entries_pkey primary key (id),
  constraint entries_account_seq_key unique (account_id, seq),
  constraint entries_transfer foreign key (transfer_id) references payments.transfers (id),
  constraint entries_account foreign key (account_id) references payments.accounts (id),
  constraint entries_amount check (amount_minor <> 0),
  constraint entries_running check ((seq is null) = (balance_minor is null))
);

create index entries_transfer_id on payments.entries (transfer_id);

-- All entries of a transfer are written by one statement, which is therefore the unit that must balance.
create function payments.check_entries() returns trigger language plpgsql as $$
declare
  wrong text;
begin
  select transfer_id into wrong from added group by transfer_id having sum(amount_minor) <> 0 limit 1;
  if wrong is not null then
    raise exception 'transfer % does not sum to zero', wrong using errcode = 'check_violation', constraint = 'entries_sum_to_zero';
  end if;

  select e.id into wrong
  from added e
  join payments.accounts a on a.id = e.account_id
  left join payments.entries p on p.account_id = e.account_id and p.seq = e.seq - 1
  where case
    when a.kind = 'WALLET' then e.seq is null
      or (e.seq > 1 and p.id is null)
      or e.balance_minor <> coalesce(p.balance_minor, 0) + e.amount_minor
    else e.seq is not null
  end
  limit 1;
  if wrong is not null then
    raise exception 'entry % does not follow from the entry before it', wrong
      using errcode = 'check_violation', constraint = 'entries_follow';
  end if;
  return null;
end $$;

create trigger entries_balance after insert on payments.entries
  referencing new table as added for each statement execute function payments.check_entries();

create function payments.check_balance() returns trigger language plpgsql as $$
begin
  if not exists (
    select from payments.entries e where e.account_id = new.id and e.seq = new.version and e.balance_minor = new.balance_minor
  ) then
    raise exception 'balance of account % is not that of its last entry', new.id
      using errcode = 'check_violation', constraint = 'accounts_balance_is_fold';
  end if;
  return null;
end $$;

-- At commit: by then the entry behind each change of a wallet must be there.
create constraint trigger accounts_balance_is_fold after insert or update on payments.accounts
  deferrable initially deferred for each row when (new.kind = 'WALLET') execute function payments.check_balance();

create function payments.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is only ever added to' using errcode = 'restrict_violation';
end $$;

create trigger transfers_append_only before update or delete on payments.transfers
  for each row execute function payments.refuse_change();
create trigger entries_append_only before update or delete on payments.entries
  for each row execute function payments.refuse_change();

create table payments.coupons (
  code text not null,
  percent_off integer,
  amount_off_minor bigint,
  quota integer not null,
  used integer not null default 0,
  expires_at timestamptz,
  version bigint not null default 1,
  updated_at timestamptz not null default now(),
  constraint coupons_pkey primary key (code),
  constraint coupons_code_length check (length(code) between 1 and 64),
  constraint coupons_percent check (percent_off between 1 and 100),
  constraint coupons_amount check (amount_off_minor between 1 and 2147483647),
  constraint coupons_one_kind check (num_nonnulls(percent_off, amount_off_minor) = 1),
  constraint coupons_quota check (quota >= 1),
  constraint coupons_used check (used between 0 and quota)
);
