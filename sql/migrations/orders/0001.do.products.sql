-- Copy of what orders needs to know of inventory's products. Written from the table's CDC only.
create table orders.products (
  product_id text primary key,
  name text not null,
  price_minor bigint not null check (price_minor > 0),
  currency char(3) not null,
  version bigint not null,
  updated_at timestamptz not null
);
