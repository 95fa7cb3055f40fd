-- A line that was given back is not reserved or sold for the same attempt afterwards.
with step as (
  select key, seq, type, (payload ->> 'attempt')::int as attempt, (line ->> 'lineNo')::int as line_no
  from outbox
  cross join lateral jsonb_array_elements(payload -> 'lines') as line
  where topic = 'stock.events' and type in ('StockReserved', 'StockConfirmed', 'StockReleased', 'ReservationExpired')
    and ($1::timestamptz is null or day >= ($1::timestamptz at time zone 'utc')::date)
),
undone as (
  select key, attempt, line_no, min(seq) as seq
  from step where type in ('StockReleased', 'ReservationExpired') group by key, attempt, line_no
)
select s.key as id, s.type || ' of attempt ' || s.attempt || ', line ' || s.line_no || ', after it was given back' as detail
from step s
join undone u using (key, attempt, line_no)
where s.type in ('StockReserved', 'StockConfirmed') and s.seq > u.seq;
