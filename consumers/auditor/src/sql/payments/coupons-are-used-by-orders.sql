-- A coupon is used as often as orders have it redeemed at present, and never more often than its quota.
select c.code as id, 'used ' || c.used || ' of ' || c.quota || ', redeemed by ' || coalesce(p.redeemed, 0) as detail
from coupons c
left join (
  select coupon_code, count(*) as redeemed from order_payments where coupon_state = 'REDEEMED' group by coupon_code
) p on p.coupon_code = c.code
where c.used <> coalesce(p.redeemed, 0) or c.used > c.quota;
