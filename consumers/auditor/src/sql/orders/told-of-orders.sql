-- Every event about these orders.
select order_id as "orderId", event_id as id, topic, type from timeline where order_id = any($1);
