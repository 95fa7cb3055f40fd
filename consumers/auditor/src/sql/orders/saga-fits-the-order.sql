-- Order and saga end together, and an ended saga has nothing open.
select o.id, o.status || ', saga ' || s.status || coalesce(': ' || open.steps, '') as detail
from orders o
join saga_instances s on s.order_id = o.id
cross join lateral (
  select string_agg(step ->> 'name' || ' ' || (step ->> 'state'), ', ') as steps,
    -- What is stuck and was asked for again later is of no interest any more, unless the order is cancelled.
    bool_or(step ->> 'state' = 'UNDOING' or (step ->> 'state' = 'STUCK' and (o.status = 'CANCELLED' or not exists (
      select from jsonb_array_elements(s.steps) as later
      where later ->> 'name' = step ->> 'name' and (later ->> 'attempt')::int > (step ->> 'attempt')::int
    )))) as owed
  from jsonb_array_elements(s.steps) as step
  where step ->> 'state' in ('WAITING', 'UNDOING', 'STUCK')
) open
where o.id = any($1)
  and ((s.status = 'COMPENSATED' and o.status <> 'CANCELLED')
    -- Money of which nobody knew may turn up late.
    or (o.status = 'CANCELLED' and s.status <> 'COMPENSATED' and not coalesce(open.owed, false))
    or (s.status = 'COMPLETED' and o.status <> 'DELIVERED')
    -- Money that is still owed for a dropped line keeps the saga of a delivered order open.
    or (o.status = 'DELIVERED' and s.status <> 'COMPLETED' and open.steps is null)
    or (s.status in ('COMPENSATED', 'COMPLETED') and coalesce(open.owed, false)));
