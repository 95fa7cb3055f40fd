select id, format('%s at %s, version %s', name, price_minor, version) as value from catalogue.products where id = any($1);
