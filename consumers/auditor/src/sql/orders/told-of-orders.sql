-- Every event about these orders.
select order_id as "orderId", event_id as id, topic, type, (extract(epoch from clock_timestamp()) - occurred_us / 1e6)::float8 as "ageS"
from timeline where order_id = any($1);
