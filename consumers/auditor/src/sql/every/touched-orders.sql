-- A page of the orders that something was told of since an instant (its UTC day and the smallest id of its time).
select distinct key as id
from outbox
where day >= $2::date and id >= $3::uuid and key > $1
  and topic in ('order.events', 'payment.events', 'stock.events', 'delivery.events', 'delivery.risk')
order by key
limit $4;
