-- Order and saga end together, and an ended saga has nothing open.
select o.id, o.status || ', saga ' || s.status || coalesce(': ' || open.steps, '') as detail
from orders o
join saga_instances s on s.order_id = o.id
cross join lateral (
  select string_agg(step ->> 'name' || ' ' || (step ->> 'state'), ', ') as steps,
    bool_or(step ->> 'state' in ('UNDOING', 'STUCK')) as owed
  from jsonb_array_elements(s.steps) as step
  where step ->> 'state' in ('WAITING', 'UNDOING', 'STUCK')
) open
where o.id = any($1)
  and ((o.status = 'CANCELLED') <> (s.status = 'COMPENSATED')
    or (s.status = 'COMPLETED' and o.status <> 'DELIVERED')
    -- Money that is still owed for a dropped line keeps the saga of a delivered order open.
    or (o.status = 'DELIVERED' and s.status <> 'COMPLETED' and open.steps is null)
    or (s.status in ('COMPENSATED', 'COMPLETED') and coalesce(open.owed, false)));
