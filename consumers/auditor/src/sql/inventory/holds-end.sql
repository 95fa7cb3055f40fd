-- What is held without money ends when it expires; `$1` is how many seconds late that may be noticed.
select order_id as id, 'attempt ' || attempt || ' expired at ' || expires_at as detail
from reservations
where state = 'HELD' and expires_at < clock_timestamp() - make_interval(secs => $1);
