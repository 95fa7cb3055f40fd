-- Of a cancelled order only what becomes of its money is still told, nothing but its retries and settlements of a delivered one.
select t.order_id as id, t.type || ' after ' || e.type as detail
from timeline e
join timeline t on t.order_id = e.order_id and t.topic = e.topic and t.seq > e.seq
where e.order_id = any($1) and e.topic = 'order.events'
  and ((e.type = 'OrderCancelled' and t.type not in ('SagaStuck', 'StepRetryRequested', 'StepSettled')) or (e.type = 'OrderDelivered' and t.type in
    ('OrderPlaced', 'OrderReadyForPayment', 'OrderConfirmed', 'OrderHandedOver', 'OrderDelivered', 'OrderCancelling', 'OrderCancelled')));
