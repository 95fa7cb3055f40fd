-- The order's row agrees with its newest events: its version is their number, and what ended says so.
with told as (
  select order_id, max(seq) as seq,
    bool_or(type = 'OrderCancelled') as cancelled, bool_or(type = 'OrderDelivered') as delivered,
    bool_or(type = 'OrderCancelling') as cancelling
  from timeline
  where order_id = any($1) and topic = 'order.events'
  group by order_id
)
select o.id, o.status || ' at version ' || o.version || ', told up to ' || coalesce(t.seq::text, 'nothing') as detail
from orders o
left join told t on t.order_id = o.id
where o.id = any($1)
  and (t.seq is distinct from o.version
    or t.cancelled <> (o.status = 'CANCELLED')
    or t.delivered <> (o.status = 'DELIVERED')
    or (t.cancelling and o.status not in ('CANCELLING', 'CANCELLED')));
