-- How many events risk has told of each order.
select order_id as id, version::int as version, extract(epoch from clock_timestamp() - updated_at)::float8 as "ageS"
from order_risks
where order_id = any($1);
