-- Sellers chosen anew: how often stock refused, what was told at the end, and how a parcel left its order.

alter table routing.order_routes
  add column stock_refusals integer not null default 0,
  -- What SellerUnavailable told, and why the order ended: an answer that got lost is told again as it was.
  add column unserved_line_nos integer[] not null default '{}',
  add column end_reason text,
  add constraint order_routes_stock_refusals check (stock_refusals >= 0);

alter table routing.deliveries
  -- Of the seller at the newest assignment that chose it: every assignment tells it again.
  add column score_minutes double precision not null default 0,
  -- Why it no longer counts, and where the log tells so: a repeat is answered with the same position.
  add column ended_how text,
  add column ended_seq bigint,
  add column ended_at timestamptz,
  add constraint deliveries_ended_how check (ended_how in ('REJECTED', 'REASSIGNED', 'LOST')),
  add constraint deliveries_ended check (num_nonnulls(ended_how, ended_seq, ended_at) in (0, 3));

update routing.deliveries d
set score_minutes = (a.chosen ->> 'score')::float8
from (select distinct on (delivery_id) delivery_id, chosen from routing.assignments order by delivery_id, attempt desc) a
where a.delivery_id = d.id;

update routing.order_routes set stock_refusals = greatest(attempt - 1, 0) where state in ('ASSIGNED', 'UNAVAILABLE');
update routing.order_routes set end_reason = 'nobody can send it' where state = 'UNAVAILABLE';
update routing.order_routes
set unserved_line_nos = array(select (line ->> 'lineNo')::int from jsonb_array_elements(lines) line)
where state = 'UNAVAILABLE';
-- They were left behind when nobody else was found.
update routing.deliveries d set status = 'CANCELLED', version = d.version + 1
from routing.order_routes r
where r.order_id = d.order_id and r.state = 'UNAVAILABLE' and d.status in ('ASSIGNED', 'STARTED');
