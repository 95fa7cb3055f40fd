-- How an order's stock ends besides being sold: the order is over, its goods are lost, or nobody paid in time.

-- `cancel_reason` is the tombstone of the whole order: nothing is taken for it any more. `released_for` is the attempt for which its
-- release was told. Lines in `lost_line_nos` stay sold, for their goods do not come back.
alter table inventory.order_stock
  add column cancel_reason text,
  add column released_for integer,
  add column lost_line_nos integer[] not null default '{}',
  add constraint order_stock_released_for check (released_for is null or cancel_reason is not null);

-- An order's row is written several times in its first minute: room beside it keeps those writes out of the index.
alter table inventory.order_stock set (fillfactor = 70);

-- What a REJECTED attempt was answered, so that it can be answered again: {lineNos, reason}.
alter table inventory.reservations add column refusal jsonb;
update inventory.reservations
set refusal = jsonb_build_object('lineNos', jsonb_path_query_array(lines, '$[*].lineNo'), 'reason', 'out of stock')
where state = 'REJECTED';
alter table inventory.reservations
  add constraint reservations_refusal check (state <> 'REJECTED' or refusal is not null);

-- What the sweep looks for.
create index reservations_held on inventory.reservations (expires_at) where state = 'HELD';
