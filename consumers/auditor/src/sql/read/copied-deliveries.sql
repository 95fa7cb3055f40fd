select id, format('%s, version %s', status, version) as value from stats.deliveries where id = any($1::text[]);
