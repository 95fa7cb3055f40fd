-- Everything that ever came in is available, reserved or sold, and nothing is less than nothing.
select offer_id as id, format('available %s, reserved %s, sold %s, received %s', available, reserved, sold, received) as detail
from stock
where available + reserved + sold <> received or least(available, reserved, sold) < 0;
