create schema geo;
create schema roads;
create schema stats;

-- Where parcels change from road to lane; by default one per state, its id the state's two letters.
create table geo.hubs (
  id char(2) primary key,
  name text not null,
  location geography(Point, 4326) not null
);

-- What an address is placed by when it carries no point: the first five digits of its postal code, else its city.
create table geo.postal_codes (
  state char(2) not null,
  prefix char(5) not null,
  location geography(Point, 4326) not null,
  primary key (prefix, state)
);

create table geo.cities (
  state char(2) not null,
  -- catalogue.plain(name): what people type has other capitals and accents.
  plain_name text not null,
  name text not null,
  location geography(Point, 4326) not null,
  primary key (plain_name, state)
);

-- Road networks of cities: every vertex is reached from every other of its network. In the plane, where the nearest one is found
-- ten times as fast as on the globe.
create table roads.vertices (
  id bigint primary key,
  network text not null,
  location geometry(Point, 4326) not null
);
create index vertices_location on roads.vertices using gist (location);

-- An edge is a stretch of road between two vertices; `line` runs straight, `km` follows the road.
create table roads.edges (
  id bigint primary key generated always as identity,
  network text not null,
  source bigint not null,
  target bigint not null,
  km double precision not null,
  one_way boolean not null,
  speed_kmh real not null,
  line geometry(LineString, 4326) not null,
  constraint edges_km check (km >= 0)
);
create index edges_line on roads.edges using gist (line);
create index edges_network on roads.edges (network);

-- What is already loaded into this database, per loader; the same shape as in the services' schemas.
create table sync.idempotency (
  subject text not null,
  operation text not null,
  key text not null,
  request_hash text not null,
  response jsonb,
  created_at timestamptz not null default now(),
  primary key (subject, operation, key)
);
