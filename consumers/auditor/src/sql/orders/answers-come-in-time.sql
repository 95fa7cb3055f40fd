-- A step that a machine has to answer is answered, retried or given up; `$1` is how many seconds it may be overdue.
select order_id as id,
  status || ', awaited since ' || round(extract(epoch from clock_timestamp() - deadline_at)) || ' s before now' as detail
from saga_instances
where status in ('RUNNING', 'COMPENSATING') and deadline_at < clock_timestamp() - make_interval(secs => $1);
