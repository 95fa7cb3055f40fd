import type { Sql } from '@waygraph/kit/database';
import { laneIdOf } from './hubs.ts';
import { detourFactor, handlingMinutes, lastMileMinutes, lineHaulMinutes, usualRatios } from './leg-times.ts';
import type { Locate, Located } from './locate-address.ts';
import { nearestVertex, snapMetres, type RoadKm } from './road-km.ts';
import type { Candidacy } from './score.ts';

/** The read database, and where addresses lie and how far it is on the road by it. */
export type Geography = { readonly read: Sql; readonly locate: Locate; readonly roadKm: RoadKm };

/** What somebody has to have: `quantity` is what all lines of the product need together. */
export type Wanted = {
  readonly lineNo: number;
  readonly productId: string;
  readonly quantity: number;
  readonly excluded: readonly string[];
};

/** A candidate for some lines, all but the present factor of its lane. */
export type Unscored = Omit<Candidacy, 'delayFactor'> & { readonly lineNos: readonly number[] };

/** The nearest so many are looked at per line. */
const nearest = 25;

/** Active sellers with enough stock near an address, with all that is known of their times. One statement, and those of `roadKm`. */
export async function findCandidates(
  { read, roadKm }: Pick<Geography, 'read' | 'roadKm'>,
  wanted: readonly Wanted[],
  at: Located,
): Promise<Unscored[]> {
  const rows = await read<Row>(statement, [
    ...[at.lat, at.lon, JSON.stringify(wanted)],
    ...[at.hub, nearest, snapMetres],
  ]);
  const [first] = rows;
  if (first === undefined) return [];
  const hub = { id: '', lat: first.destination_lat, lon: first.destination_lon };
  const local = rows.filter(row => row.hub === at.hub);
  const { crossing, network, crossing_metres: metres } = first;
  const known = crossing === null || network === null || metres === null ? null : { id: crossing, network, metres };
  const road = await roadKm(at, [hub, ...local], known);
  return rows.map(row => unscored(row, at, { seller: road.get(row.id), hub: road.get('') }));
}

function unscored(row: Row, at: Located, road: { seller: number | undefined; hub: number | undefined }): Unscored {
  const inside = row.hub === at.hub && road.seller !== undefined;
  const lastMileKm = (inside ? road.seller : road.hub) ?? row.last_mile_km * detourFactor;
  const lineHaulKm = row.line_haul_km * detourFactor;
  const lastMile = lastMileMinutes(lastMileKm);
  const { median_minutes, q05, q938, q95 } = row;
  const measured = median_minutes !== null && q05 !== null && q938 !== null && q95 !== null;
  return {
    ...{ lineNos: row.line_nos, sellerId: row.id, hub: row.hub, laneId: laneIdOf(row.hub, at.hub) },
    // Inside a city the road leads from the seller to the door.
    ...{ firstMileKm: inside ? 0 : row.first_mile_km * detourFactor, lineHaulKm, lastMileKm },
    handlingMinutes: handlingMinutes({ medianMinutes: row.handling_minutes ?? 0, orders: row.handling_orders ?? 0 }),
    handlingOrders: row.handling_orders ?? 0,
    lineHaulMinutes: median_minutes ?? lineHaulMinutes(lineHaulKm),
    laneOrders: row.lane_orders ?? 0,
    ...{ lastMileMinutes: lastMile.all, outMinutes: lastMile.out },
    penaltyMinutes: row.penalty_minutes ?? 0,
    ratios: measured ? { q05, q938, q95 } : usualRatios,
  };
}

type Row = {
  id: string;
  line_nos: number[];
  hub: string;
  lat: number;
  lon: number;
  destination_lat: number;
  destination_lon: number;
  first_mile_km: number;
  line_haul_km: number;
  last_mile_km: number;
  handling_minutes: number | null;
  handling_orders: number | null;
  penalty_minutes: number | null;
  median_minutes: number | null;
  lane_orders: number | null;
  q05: number | null;
  q938: number | null;
  q95: number | null;
  /** Of the address, the same in every row. */
  crossing: string | null;
  network: string | null;
  crossing_metres: number | null;
};

const statement = `
  with place as (
    select it.location::geography as location, v.id as crossing, v.network, v.metres as crossing_metres
    from (select st_setsrid(st_makepoint($2, $1), 4326) as location) it
      left join lateral (select * from (${nearestVertex('it.location')}) one where one.metres <= $6) v on true),
  near as (
    select s.id, array_agg(w."lineNo" order by w."lineNo") as line_nos
    from jsonb_to_recordset($3::jsonb) as w("lineNo" int, "productId" text, quantity bigint, excluded jsonb)
    cross join place
    cross join lateral (
      select s.id from catalogue.offers o join catalogue.sellers s on s.id = o.seller_id
      where o.product_id = w."productId" and o.available >= w.quantity
        and s.status = 'ACTIVE' and not w.excluded ? s.id
      order by s.location <-> place.location limit $5) s
    group by s.id)
  select near.id, near.line_nos, origin.id as hub,
    st_y(s.location::geometry) as lat, st_x(s.location::geometry) as lon,
    st_y(destination.location::geometry) as destination_lat, st_x(destination.location::geometry) as destination_lon,
    st_distance(s.location, origin.location) / 1000 as first_mile_km,
    st_distance(origin.location, destination.location) / 1000 as line_haul_km,
    st_distance(destination.location, place.location) / 1000 as last_mile_km,
    h.median_minutes as handling_minutes, h.order_count as handling_orders, r.penalty_minutes,
    l.median_minutes, l.order_count as lane_orders, l.q05, l.q938, l.q95,
    place.crossing, place.network, place.crossing_metres
  from near
  cross join place
  join catalogue.sellers s on s.id = near.id
  join geo.hubs origin on origin.id = s.state
  join geo.hubs destination on destination.id = $4::bpchar
  left join stats.lanes l on l.lane_id = origin.id || '>' || destination.id
  left join stats.seller_handling h on h.seller_id = s.id
  left join stats.mv_seller_ranking r on r.seller_id = s.id and r.day = (select max(day) from stats.mv_seller_ranking)
  order by s.location <-> place.location, s.id`;
