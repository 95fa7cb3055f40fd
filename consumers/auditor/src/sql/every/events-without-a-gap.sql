-- What a service tells of one thing is numbered without a gap, as far back as it is looked at. An event's day is that of its transaction's
-- beginning: one that began before midnight and waited for another has a higher number and an earlier day. So a number may be missing
-- behind what was told in the first minutes of the first day.
with told as (
  select topic, key, seq, occurred_us from outbox
  where ($1::timestamptz is null or day >= ($1::timestamptz at time zone 'utc')::date) and topic not like '%.dead'
),
edge as (
  select extract(epoch from coalesce(($1::timestamptz at time zone 'utc')::date, min(day)) + interval '10 minutes') * 1e6 as us from outbox
),
neighbours as (
  select topic, key, seq, lag(seq) over next as before, lag(occurred_us) over next as before_us from told
  window next as (partition by topic, key order by seq)
)
select topic || ' ' || key as id, count(*) || ' breaks, the first between ' || min(before) || ' and the number that follows' as detail
from neighbours
where seq <> before + 1 and (seq = before or before_us >= (select us from edge))
group by topic, key;
