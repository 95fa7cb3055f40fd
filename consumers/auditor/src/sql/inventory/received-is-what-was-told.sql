-- What came in is the sum of what was told to come in or go out, as far as every such event is still kept.
select s.offer_id as id, 'received ' || s.received || ', told ' || t.sum as detail
from stock s
join (
  select key, count(*) as events, sum((payload ->> 'delta')::bigint) as sum
  from outbox where topic = 'inventory.events' and type = 'StockAdjusted' group by key
) t on t.key = s.offer_id
where t.events = s.adjustments and t.sum <> s.received;
