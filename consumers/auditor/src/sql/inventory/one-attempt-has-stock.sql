-- Whatever was assigned again and again, at most one attempt has the stock of a line.
select r.order_id as id, 'line ' || (line ->> 'lineNo') || ': ' || string_agg(r.attempt || ' ' || r.state, ', ' order by r.attempt) as detail
from reservations r
cross join lateral jsonb_array_elements(r.lines) as line
where r.order_id = any($1) and r.state in ('HELD', 'CONFIRMED')
group by r.order_id, line ->> 'lineNo'
having count(*) > 1;
