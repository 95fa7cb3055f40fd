select offer_id as id, format('%s available, %s reserved, version %s', available, reserved, version) as value,
  extract(epoch from clock_timestamp() - updated_at)::float8 as "ageS"
from stock where offer_id > $1 and ($3::timestamptz is null or updated_at >= $3) order by offer_id limit $2;
