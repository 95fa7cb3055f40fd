-- What a service tells of one thing is numbered without a gap, as far back as it is kept.
select topic || ' ' || key as id, count(distinct seq) || ' numbers from ' || min(seq) || ' to ' || max(seq) || ', ' || count(*) || ' events' as detail
from outbox
where ($1::timestamptz is null or day >= ($1::timestamptz at time zone 'utc')::date) and topic not like '%.dead'
group by topic, key
having count(distinct seq) <> max(seq) - min(seq) + 1 or count(*) <> count(distinct seq);
