-- What orders knows, to be compared with what the others know. `told`: how many events of each topic have come.
select o.id, o.status, s.status as saga, (o.subtotal_minor - o.discount_minor)::float8 as "totalMinor", o.coupon_code as "couponCode",
  s.settled_minor::float8 as "settledMinor",
  extract(epoch from clock_timestamp() - greatest(o.updated_at, s.updated_at))::float8 as "ageS",
  coalesce((select jsonb_object_agg(topic, n) from
    (select topic, count(*) as n from timeline where order_id = o.id group by topic) t), '{}') as told,
  (select jsonb_agg(jsonb_build_object('lineNo', line_no, 'productId', product_id, 'sellerId', seller_id, 'quantity', quantity,
    'status', status) order by line_no) from lines where order_id = o.id) as lines,
  s.deadline_at is not null as "isAwaited",
  array(select distinct a.step from operator_actions a where a.order_id = o.id and a.action in ('DONE_BY_HAND', 'WRITTEN_OFF')) as closed,
  exists (select from jsonb_array_elements(s.steps) step where step ->> 'state' = 'UNDOING'
    or (step ->> 'state' = 'STUCK' and (o.status in ('CANCELLING', 'CANCELLED') or not exists (
      select from jsonb_array_elements(s.steps) as later
      where later ->> 'name' = step ->> 'name' and (later ->> 'attempt')::int > (step ->> 'attempt')::int
    )))) as "isOwed"
from orders o
join saga_instances s on s.order_id = o.id
where o.id = any($1);
