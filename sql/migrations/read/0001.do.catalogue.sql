create extension if not exists postgis schema public;
create extension if not exists pgrouting schema public;
create extension if not exists pg_trgm schema public;
create extension if not exists unaccent schema public;

create schema catalogue;

-- unaccent() is only stable, since its dictionary could change; an index needs a promise, and we do not change it.
create function catalogue.plain(value text) returns text
  language sql immutable strict parallel safe
  as $$ select lower(public.unaccent('public.unaccent'::regdictionary, value)) $$;

-- No foreign keys between these tables: each follows a topic of its own, so an offer may come before its product.
-- last_rebuild is the number of the newest rebuild during which the row was seen in its source.
create table catalogue.sellers (
  id text primary key,
  name text not null,
  city text not null,
  state char(2) not null,
  location geography(Point, 4326) not null,
  status text not null,
  version bigint not null,
  updated_at timestamptz not null,
  last_rebuild bigint not null default 0
);
create index sellers_location on catalogue.sellers using gist (location);
create index sellers_state on catalogue.sellers (state, id);

create table catalogue.products (
  id text primary key,
  name text not null,
  category text,
  price_minor bigint not null,
  currency char(3) not null,
  version bigint not null,
  updated_at timestamptz not null,
  search tsvector not null generated always as (
    to_tsvector('pg_catalog.portuguese'::regconfig, catalogue.plain(name) || ' ' || coalesce(catalogue.plain(category), ''))
  ) stored,
  last_rebuild bigint not null default 0
);
create index products_search on catalogue.products using gin (search);
create index products_name_like on catalogue.products using gin (catalogue.plain(name) public.gin_trgm_ops);
create index products_category on catalogue.products (category, id);

create table catalogue.offers (
  id text not null unique,
  product_id text not null,
  seller_id text not null,
  available int not null,
  reserved int not null,
  version bigint not null,
  updated_at timestamptz not null,
  last_rebuild bigint not null default 0,
  primary key (product_id, seller_id)
);
create index offers_seller on catalogue.offers (seller_id, product_id);
