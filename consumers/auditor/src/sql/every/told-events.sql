-- A page of what a service has told, oldest first, behind the event `$1` (day) `$2` (id).
select id, topic, type, key, day::text as day, (extract(epoch from clock_timestamp()) - occurred_us / 1e6)::float8 as "ageS"
from outbox
where (day, id) > ($1::date, $2::uuid)
order by day, id
limit $3;
