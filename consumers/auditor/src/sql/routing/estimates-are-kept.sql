-- Every estimate that was told is in the ledger, and the newest is the parcel's.
select d.id::text, 'version ' || d.eta_version || ', in the ledger ' || count(l.id) || ' up to ' || coalesce(max(l.version), 0) as detail
from deliveries d
left join eta_ledger l on l.delivery_id = d.id
where d.order_id = any($1)
group by d.id, d.eta_version, d.eta_id
having count(l.id) <> d.eta_version or max(l.version) is distinct from d.eta_version or not coalesce(bool_or(l.id = d.eta_id), false);
