-- How far routing has brought each order.
select r.order_id as id, r.version::int as version, r.state, r.cancelled_attempt is not null as "isCancelled",
  coalesce((select jsonb_agg(jsonb_build_object('sellerId', seller_id, 'status', status, 'lines', lines)) from deliveries d
    where d.order_id = r.order_id), '[]') as parcels,
  extract(epoch from clock_timestamp() - r.updated_at)::float8 as "ageS"
from order_routes r
where r.order_id = any($1);
