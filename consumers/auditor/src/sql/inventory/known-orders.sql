select order_id as id from order_stock where order_id > $1 order by order_id limit $2;
