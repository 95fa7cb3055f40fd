-- What was undone for the whole order does not happen again: each topic's events are in the order they were told in.
with undoing (topic, undone, deed) as (
  values ('delivery.events', 'DeliveryCancelled', array['SellerAssigned', 'DeliveryStarted', 'HandedOver', 'Scanned', 'Delivered']),
    ('delivery.events', 'SellerUnavailable', array['SellerAssigned', 'DeliveryStarted', 'HandedOver', 'Scanned', 'Delivered']),
    ('payment.events', 'CouponRestored', array['CouponRedeemed']),
    ('payment.events', 'CouponRejected', array['CouponRedeemed']),
    ('payment.events', 'PaymentFailed', array['PaymentCaptured'])
)
select t.order_id as id, t.type || ' after ' || u.undone as detail
from undoing u
join timeline e on e.order_id = any($1) and e.topic = u.topic and e.type = u.undone
join timeline t on t.order_id = e.order_id and t.topic = e.topic and t.seq > e.seq and t.type = any(u.deed);
