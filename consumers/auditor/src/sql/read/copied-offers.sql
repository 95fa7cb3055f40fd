select id, format('%s available, %s reserved, version %s', available, reserved, version) as value from catalogue.offers where id = any($1);
