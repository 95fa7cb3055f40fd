-- What each event about an order costs in writing.

-- A timeline is read by its order, and its few entries are put in their order then: the primary key is enough.
drop index orders.timeline_in_order;

-- A saga's row grows to four times its first size, by an update with each event: with room for that it stays on its page, and its indexes
-- need not be written.
alter table orders.saga_instances set (fillfactor = 25);
