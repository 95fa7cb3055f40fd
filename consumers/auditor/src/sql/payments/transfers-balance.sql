-- So do the entries of each transfer.
select t.id::text, t.kind || ' of ' || coalesce(t.order_id, 'no order') || ' sums to ' || coalesce(sum(e.amount_minor)::text, 'nothing') as detail
from transfers t
left join entries e on e.transfer_id = t.id
where $1::timestamptz is null or t.created_at >= $1
group by t.id, t.kind, t.order_id
having sum(e.amount_minor) is distinct from 0;
