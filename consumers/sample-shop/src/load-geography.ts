import { withTransaction, type Pool } from '@waygraph/kit/database';
import { hubs } from '@waygraph/routing/hubs';
import { handlingOf, knownCities, lanesOf, postalCodesOf } from './geography.ts';
import type { SampleShop } from './sample-shop.ts';

type Share = Pick<SampleShop, 'customers' | 'sellers'>;

/** Places are corrected by a newer version; figures that are there stay, since they may have been measured meanwhile. */
const statements = {
  hubs: `
    insert into geo.hubs as t (id, name, location)
    select id, name, st_setsrid(st_makepoint(lon, lat), 4326)::geography
    from jsonb_to_recordset($1::jsonb) as r(id text, name text, lat float8, lon float8)
    on conflict (id) do update set name = excluded.name, location = excluded.location`,
  cities: `
    insert into geo.cities as t (state, plain_name, name, location)
    select state, catalogue.plain(name), name, st_setsrid(st_makepoint(lon, lat), 4326)::geography
    from jsonb_to_recordset($1::jsonb) as r(state text, name text, lat float8, lon float8)
    on conflict (plain_name, state) do update set location = excluded.location`,
  postalCodes: `
    insert into geo.postal_codes as t (state, prefix, location)
    select state, prefix, st_setsrid(st_makepoint(lon, lat), 4326)::geography
    from jsonb_to_recordset($1::jsonb) as r(state text, prefix text, lat float8, lon float8)
    on conflict (prefix, state) do update set location = excluded.location`,
  lanes: `
    insert into stats.lanes (lane_id, origin, destination, median_minutes, q05, q50, q938, q95, order_count, updated_at)
    select "laneId", origin, destination, "medianMinutes", q05, q50, q938, q95, orders, now()
    from jsonb_to_recordset($1::jsonb) as r("laneId" text, origin text, destination text, "medianMinutes" float8,
      q05 float8, q50 float8, q938 float8, q95 float8, orders int)
    on conflict do nothing`,
  sellers: `
    insert into stats.seller_handling (seller_id, median_minutes, order_count, updated_at)
    select "sellerId", "medianMinutes", orders, now()
    from jsonb_to_recordset($1::jsonb) as r("sellerId" text, "medianMinutes" float8, orders int)
    on conflict do nothing`,
};

/** Hubs, places and the statistics that first estimates rest on, in one transaction. */
export async function loadGeography(pool: Pool, seed: string, shop: Share): Promise<Record<string, number>> {
  const rows: Record<keyof typeof statements, readonly object[]> = {
    hubs,
    cities: knownCities,
    postalCodes: postalCodesOf(shop),
    lanes: lanesOf(seed),
    sellers: handlingOf(seed, shop),
  };
  await withTransaction(pool, async sql => {
    for (const [what, text] of Object.entries(statements))
      await sql(text, [JSON.stringify(rows[what as keyof typeof statements])]);
  });
  return {
    hubs: rows.hubs.length,
    'postal codes': rows.postalCodes.length,
    lanes: rows.lanes.length,
    'hand-over times': rows.sellers.length,
  };
}
