-- What an order costs is what its lines cost that are not dropped, less the discount, and never less than nothing.
select o.id, 'subtotal ' || o.subtotal_minor || ', discount ' || o.discount_minor || ', lines ' || coalesce(l.sum, 0) as detail
from orders o
left join lateral (
  select sum(quantity * unit_price_minor) as sum from lines where order_id = o.id and status = 'ACTIVE'
) l on true
where o.id = any($1) and (o.subtotal_minor <> coalesce(l.sum, 0) or o.discount_minor not between 0 and o.subtotal_minor);
