-- What payments has done for each order.
select p.order_id as id, p.version::int as version, p.coupon_state as coupon, coalesce(p.payment_state, 'NONE') as payment,
  case when p.payment_state = 'CAPTURED' then p.amount_minor else 0 end::float8 as "capturedMinor",
  p.refunded_minor::float8 as "refundedMinor",
  (select coalesce(sum(amount_minor), 0) from refunds r where r.order_id = p.order_id and r.state = 'SETTLED')::float8 as "settledMinor",
  (select count(*) from refunds r where r.order_id = p.order_id and r.state not in ('DONE', 'SETTLED'))::int as "openRefunds",
  extract(epoch from clock_timestamp() - p.updated_at)::float8 as "ageS"
from order_payments p
where p.order_id = any($1);
