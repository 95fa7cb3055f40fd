-- Inventory: who sells, what is sold, and how much of it each seller has.
-- `version` starts at 1 and grows by one with each change: it is the `seq` of the row's events and what read models guard by.

create table inventory.sellers (
  id text not null,
  name text not null,
  city text not null,
  state char(2) not null,
  lat double precision not null,
  lon double precision not null,
  status text not null default 'ACTIVE',
  version bigint not null default 1,
  updated_at timestamptz not null default now(),
  constraint sellers_pkey primary key (id),
  constraint sellers_id_length check (length(id) between 1 and 64),
  constraint sellers_place check (lat between '-90' and '90' and lon between '-180' and '180'),
  constraint sellers_status check (status in ('ACTIVE', 'PAUSED'))
);

create table inventory.products (
  id text not null,
  name text not null,
  category text,
  price_minor bigint not null,
  currency char(3) not null,
  version bigint not null default 1,
  updated_at timestamptz not null default now(),
  constraint products_pkey primary key (id),
  constraint products_id_length check (length(id) between 1 and 64),
  constraint products_price check (price_minor between 1 and 2147483647)
);

-- One row is one offer. Everything that ever came in is available, reserved or sold: the books of an offer always close.
create table inventory.stock (
  product_id text not null,
  seller_id text not null,
  offer_id text not null,
  available integer not null,
  reserved integer not null default 0,
  sold integer not null default 0,
  received integer not null,
  version bigint not null default 1,
  updated_at timestamptz not null default now(),
  constraint stock_pkey primary key (product_id, seller_id),
  constraint stock_offer_id_key unique (offer_id),
  constraint stock_product foreign key (product_id) references inventory.products (id),
  constraint stock_seller foreign key (seller_id) references inventory.sellers (id),
  constraint stock_available check (available >= 0),
  constraint stock_reserved check (reserved >= 0),
  constraint stock_sold check (sold >= 0),
  constraint stock_books check (available + reserved + sold = received)
);

create index stock_seller_id on inventory.stock (seller_id);
