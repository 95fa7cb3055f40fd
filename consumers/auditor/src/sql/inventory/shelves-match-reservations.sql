-- What a shelf has reserved and sold is what orders hold and have bought, piece by piece.
with held as (
  select line ->> 'productId' as product_id, line ->> 'sellerId' as seller_id,
    sum((line ->> 'quantity')::bigint) filter (where r.state = 'HELD') as reserved,
    sum((line ->> 'quantity')::bigint) filter (where r.state = 'CONFIRMED') as sold
  from reservations r
  cross join lateral jsonb_array_elements(r.lines) as line
  where r.state in ('HELD', 'CONFIRMED')
  group by 1, 2
)
select coalesce(s.offer_id, h.product_id || ' ' || h.seller_id) as id,
  format('reserved %s, held %s; sold %s, bought %s', s.reserved, coalesce(h.reserved, 0), s.sold, coalesce(h.sold, 0)) as detail
from stock s
full join held h using (product_id, seller_id)
where coalesce(s.reserved, 0) <> coalesce(h.reserved, 0) or coalesce(s.sold, 0) <> coalesce(h.sold, 0);
