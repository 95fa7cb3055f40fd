-- A wallet holds what its entries sum to, and never less than nothing.
select a.id, 'holds ' || a.balance_minor || ', its entries sum to ' || coalesce(e.sum, 0) as detail
from accounts a
left join (select account_id, sum(amount_minor) as sum from entries group by account_id) e on e.account_id = a.id
where a.kind = 'WALLET' and ($1::timestamptz is null or a.updated_at >= $1)
  and (a.balance_minor <> coalesce(e.sum, 0) or a.balance_minor < 0);
