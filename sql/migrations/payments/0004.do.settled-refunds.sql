-- Refunds that an operator settled by hand, charges that were never sent, and questions that nobody answers.

-- SETTLED is final: the money went back by hand, or was written off. Its claim stays, so that it is never given back again; `fault` tells
-- why it was STUCK.
alter table payments.refunds
  drop constraint refunds_state,
  add constraint refunds_state check (state in ('PENDING', 'DONE', 'STUCK', 'SETTLED')),
  drop constraint refunds_fault,
  add constraint refunds_fault check ((state in ('STUCK', 'SETTLED')) = (fault is not null));

alter table payments.order_payments
  -- The provider was asked for the charge, or is about to be: only who was never asked has certainly not charged. Written, under the
  -- row's lock, before it is sent.
  add column charge_sent boolean not null default false,
  -- CompensationStuck was told of what the provider leaves unanswered, once; it is asked all the same.
  add column given_up boolean not null default false;

update payments.order_payments set charge_sent = true where payment_method = 'CARD';
