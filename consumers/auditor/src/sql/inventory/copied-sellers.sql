select id, format('%s, version %s', status, version) as value, extract(epoch from clock_timestamp() - updated_at)::float8 as "ageS"
from sellers where id > $1 and ($3::timestamptz is null or updated_at >= $3) order by id limit $2;
