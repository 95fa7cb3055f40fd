-- An order is captured at most once, refunded at most what was captured, and its row says what the ledger says.
with booked as (
  select t.order_id, count(*) filter (where t.kind = 'CAPTURE') as captures,
    coalesce(sum(e.amount_minor) filter (where t.kind = 'CAPTURE'), 0) as captured,
    coalesce(-sum(e.amount_minor) filter (where t.kind = 'REFUND'), 0) as refunded
  from transfers t
  join entries e on e.transfer_id = t.id and e.account_id = 'sales'
  where t.order_id = any($1)
  group by t.order_id
),
refunds_done as (
  select order_id, sum(amount_minor) as refunded from refunds where order_id = any($1) and state = 'DONE' group by order_id
)
select p.order_id as id,
  format('%s of %s, refunded %s (%s); in the ledger %s captures of %s, refunded %s', p.payment_state, p.amount_minor, p.refunded_minor,
    coalesce(r.refunded, 0), coalesce(b.captures, 0), coalesce(b.captured, 0), coalesce(b.refunded, 0)) as detail
from order_payments p
left join booked b on b.order_id = p.order_id
left join refunds_done r on r.order_id = p.order_id
where p.order_id = any($1)
  and (coalesce(b.captures, 0) > 1
    or coalesce(b.captured, 0) <> case when p.payment_state = 'CAPTURED' then p.amount_minor else 0 end
    or coalesce(b.refunded, 0) <> p.refunded_minor
    or coalesce(r.refunded, 0) <> p.refunded_minor
    or coalesce(b.refunded, 0) > coalesce(b.captured, 0));
