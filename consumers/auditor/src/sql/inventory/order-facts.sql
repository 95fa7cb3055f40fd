-- What inventory holds or has sold for each order.
select o.order_id as id, o.version::int as version,
  coalesce((select jsonb_agg(jsonb_build_object('attempt', attempt, 'state', state, 'lines', lines)) from reservations r
    where r.order_id = o.order_id and r.state in ('HELD', 'CONFIRMED')), '[]') as holds,
  extract(epoch from clock_timestamp() - o.updated_at)::float8 as "ageS"
from order_stock o
where o.order_id = any($1);
