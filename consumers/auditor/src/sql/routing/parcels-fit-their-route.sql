-- An order that is closed for sellers has no parcel that anybody still sends, and nobody sends a line twice.
with sent as (
  select d.order_id, line ->> 'lineNo' as line_no, count(*) as parcels
  from deliveries d
  cross join lateral jsonb_array_elements(d.lines) as line
  where d.order_id = any($1) and d.status not in ('REASSIGNED', 'CANCELLED')
  group by 1, 2
)
select r.order_id as id, r.state || ', parcels ' || string_agg(d.status, ', ') as detail
from order_routes r
join deliveries d on d.order_id = r.order_id
where r.order_id = any($1) and r.state in ('CANCELLED', 'UNAVAILABLE') and d.status not in ('REASSIGNED', 'CANCELLED', 'LOST')
group by r.order_id, r.state
union all
select order_id, 'line ' || line_no || ' is in ' || parcels || ' parcels' from sent where parcels > 1;
