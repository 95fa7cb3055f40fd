select id::text, format('%s, version %s', status, version) as value, extract(epoch from clock_timestamp() - updated_at)::float8 as "ageS"
from deliveries where ($1 = '' or id > nullif($1, '')::uuid) and ($3::timestamptz is null or updated_at >= $3) order by deliveries.id limit $2;
