-- Every order that is younger than what keys are kept for was made by exactly one key, of its own customer.
with remembered as (
  select response -> 'order' ->> 'id' as order_id, subject from idempotency where operation = 'placeOrder'
)
select o.id, count(r.order_id) || ' keys: ' || coalesce(string_agg(r.subject, ', '), 'none') as detail
from orders o
left join remembered r on r.order_id = o.id
where o.placed_at > now() - interval '6 days' and ($1::timestamptz is null or o.placed_at >= $1)
group by o.id, o.customer_id
having count(r.order_id) <> 1 or bool_or(r.subject <> 'customer:' || o.customer_id);
