import type { Sql } from '@waygraph/kit/database';

export type RoadPoint = { readonly id: string; readonly lat: number; readonly lon: number };

/** A crossing of a city's roads, so far from a place. */
export type Crossing = { readonly id: string; readonly network: string; readonly metres: number };

/**
 * Road kilometres from each point to a place, by id; points in another city, or in none, are left out. `crossing`: the nearest to the
 * place, where that is known already; null: the place lies in no city.
 */
export type RoadKm = (
  to: { readonly lat: number; readonly lon: number },
  from: readonly RoadPoint[],
  crossing?: Crossing | null,
) => Promise<Map<string, number>>;

/** Farther than this from any road of the network, a place is not in that city. */
export const snapMetres = 2_000;
/** How far a way may lead around the box of all points before the whole network is looked at. */
const boxDegrees = 0.02;

/**
 * Road kilometres from each point to `to`, by id, inside the city that `to` lies in; points elsewhere are left out, and all of them
 * when it lies in no city with a road network. One statement; a second one when a way leads far around.
 */
export async function roadKm(
  read: Sql,
  to: { readonly lat: number; readonly lon: number },
  from: readonly RoadPoint[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const ask = async (points: readonly RoadPoint[], box: number | null): Promise<string[]> => {
    const rows = await read<{ id: string; km: number | null }>(statement, [
      ...[to.lat, to.lon, JSON.stringify(points.map(({ id, lat, lon }) => ({ id, lat, lon })))],
      ...[snapMetres, box],
    ]);
    for (const { id, km } of rows) if (km !== null) found.set(id, km);
    return rows.flatMap(({ id, km }) => (km === null ? [id] : []));
  };
  if (from.length === 0) return found;
  const missing = new Set(await ask(from, boxDegrees));
  if (missing.size > 0)
    await ask(
      from.filter(({ id }) => missing.has(id)),
      null,
    );
  return found;
}

/** The nearest by degrees, of which the nearest on the globe is among: a degree of longitude is shorter than one of latitude. */
const nearestByDegrees = 8;

export const nearestVertex = (place: string): string => `
    select n.*, st_distance(n.location::geography, ${place}::geography) as metres
    from (select * from roads.vertices v order by v.location <-> ${place} limit ${String(nearestByDegrees)}) n
    order by metres limit 1`;

// The way to and from the road counts as the crow flies. pgRouting reads the edges by the text it is given: turned round, so that one
// search from \`to\` finds all ways to it.
const statement = `
  with place as (select st_setsrid(st_makepoint($2, $1), 4326) as location),
  here as materialized (
    select v.* from place cross join lateral (${nearestVertex('place.location')}) v where v.metres <= $4),
  there as materialized (
    select p.id as point, v.id, v.location, v.metres
    from here
    cross join jsonb_to_recordset($3::jsonb) as p(id text, lat float8, lon float8)
    cross join lateral (${nearestVertex('st_setsrid(st_makepoint(p.lon, p.lat), 4326)')}) v
    where v.network = here.network and v.metres <= $4),
  box as (
    select st_expand(st_extent(l.location)::geometry, $5::float8) as area
    from (select location from here union all select location from there) l),
  asked as materialized (
    select format(
      'select id, target as source, source as target, km as cost, case when one_way then -1 else km end as reverse_cost
       from roads.edges where network = %L %s',
      here.network,
      case when $5::float8 is null then ''
        else format('and line && st_setsrid(%L::geometry, 4326)', box.area::text) end) as edges,
      (select array_agg(distinct id) from there where there.id <> here.id) as ends, here.id as start
    from here, box),
  ways as (
    select w.end_vid, w.agg_cost from asked, pgr_dijkstracost(asked.edges, asked.start, asked.ends, true) w
    where asked.ends is not null)
  select there.point as id,
    case when there.id = here.id then 0 else ways.agg_cost end + (there.metres + here.metres) / 1000 as km
  from here cross join there left join ways on ways.end_vid = there.id`;
