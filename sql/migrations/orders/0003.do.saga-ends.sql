-- What brings every saga to its end: refunds of parts, deadlines that are looked for, operators who settle what is stuck.

alter table orders.saga_instances
  add column refunded_minor bigint not null default 0 check (refunded_minor >= 0),
  -- Of refunds, by hand.
  add column settled_minor bigint not null default 0 check (settled_minor >= 0),
  -- Lines that were dropped and of which nobody was told yet.
  add column untold jsonb not null default '[]',
  -- Changes a few times in a saga's life, where its deadline changes with each step: an index over it leaves updates on their page.
  add column is_timed boolean generated always as (deadline_at is not null) stored;

create index saga_instances_timed on orders.saga_instances (order_id) where is_timed;
create index saga_instances_status on orders.saga_instances (status, order_id);

-- Whatever an operator did to an order: who, what, on which step, why.
create table orders.operator_actions (
  id uuid not null,
  order_id text not null,
  operator text not null,
  action text not null,
  step text,
  note text,
  at timestamptz not null default now(),
  constraint operator_actions_pkey primary key (id),
  constraint operator_actions_order foreign key (order_id) references orders.orders (id),
  constraint operator_actions_action check (action in ('CANCEL', 'RESUME', 'DONE_BY_HAND', 'WRITTEN_OFF'))
);

create index operator_actions_of_order on orders.operator_actions (order_id, at);

-- Answers are kept for a week.
create index idempotency_created on orders.idempotency (created_at);
