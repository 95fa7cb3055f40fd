-- What was told of an order follows from what was told before it, from its placing to its end.
-- Events that leave the order where it is (dropped lines, refusals, retries, what is stuck) may come anywhere in between.
with legal (before, after) as (
  values (null, 'OrderPlaced'),
    ('OrderPlaced', 'OrderReadyForPayment'), ('OrderPlaced', 'OrderCancelling'), ('OrderPlaced', 'OrderCancelled'),
    ('OrderReadyForPayment', 'OrderConfirmed'), ('OrderReadyForPayment', 'OrderCancelling'), ('OrderReadyForPayment', 'OrderCancelled'),
    -- Confirmed again: other sellers were found after the payment.
    ('OrderConfirmed', 'OrderConfirmed'), ('OrderConfirmed', 'OrderHandedOver'), ('OrderConfirmed', 'OrderCancelling'),
    ('OrderConfirmed', 'OrderCancelled'),
    -- After the hand-over only when every parcel was lost.
    ('OrderHandedOver', 'OrderDelivered'), ('OrderHandedOver', 'OrderCancelling'), ('OrderHandedOver', 'OrderCancelled'),
    ('OrderCancelling', 'OrderCancelled')
),
told as (
  select order_id, seq, type,
    lag(type) over (partition by order_id order by seq) as before
  from timeline
  where order_id = any($1) and topic = 'order.events'
    and type in ('OrderPlaced', 'OrderReadyForPayment', 'OrderConfirmed', 'OrderHandedOver', 'OrderDelivered', 'OrderCancelling',
      'OrderCancelled')
)
select order_id as id, type || ' after ' || coalesce(before, 'nothing') as detail
from told
where not exists (select from legal where legal.before is not distinct from told.before and legal.after = told.type);
