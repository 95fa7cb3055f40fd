select id, format('%s, version %s', status, version) as value from catalogue.sellers where id = any($1);
