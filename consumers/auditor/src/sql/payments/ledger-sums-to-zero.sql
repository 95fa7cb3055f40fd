-- Money neither appears nor vanishes: the entries of each currency sum to zero.
select a.currency as id, 'the entries sum to ' || sum(e.amount_minor) as detail
from entries e
join accounts a on a.id = e.account_id
group by a.currency
having sum(e.amount_minor) <> 0;
