import type { Sql } from '@waygraph/kit/database';

export type Located = {
  readonly lat: number;
  readonly lon: number;
  /** The hub of its state. */
  readonly hub: string;
  readonly locatedBy: 'POINT' | 'POSTAL_CODE' | 'CITY' | 'STATE';
};

export type Address = {
  readonly point?: { readonly lat: number; readonly lon: number } | null | undefined;
  readonly postalCode: string;
  readonly city: string;
  readonly state: string;
};

/** A point farther than this from the hub of its state is a slip: no state is that wide. */
const farthestKm = 1_500;

/**
 * Places an address at its point, else its postal code, else its city, else its state's centre. UNSERVED: the state has no hub, or
 * the point is far outside of it.
 */
export async function locateAddress(read: Sql, address: Address): Promise<Located | 'UNSERVED'> {
  const { point, postalCode, city, state } = address;
  const prefix = postalCode.replaceAll(/\D/g, '').slice(0, 5);
  const [found] = await read<{ hub: string; lat: number; lon: number; by: Located['locatedBy']; km: number }>(
    `with here as (
       select h.id as hub, h.location as centre,
         coalesce(g.location, p.location, c.location, h.location)::geography as location,
         case when g.location is not null then 'POINT' when p.location is not null then 'POSTAL_CODE'
              when c.location is not null then 'CITY' else 'STATE' end as by
       from geo.hubs h
       cross join (select st_setsrid(st_makepoint($2, $1), 4326)::geography as location) g
       left join geo.postal_codes p on p.prefix = $3 and p.state = h.id
       left join geo.cities c on c.plain_name = catalogue.plain($4) and c.state = h.id
       where h.id = $5)
     select hub, st_y(location::geometry) as lat, st_x(location::geometry) as lon, by,
       st_distance(location, centre) / 1000 as km from here`,
    [point?.lat ?? null, point?.lon ?? null, prefix, city.trim(), state],
  );
  if (found === undefined || found.km > farthestKm) return 'UNSERVED';
  const { hub, by: locatedBy } = found;
  // The point as it was given: it has been through single degrees and back.
  return { lat: point?.lat ?? found.lat, lon: point?.lon ?? found.lon, hub, locatedBy };
}

export async function isHub(read: Sql, id: string): Promise<boolean> {
  const rows = await read('select from geo.hubs where id = $1', [id]);
  return rows.length > 0;
}
