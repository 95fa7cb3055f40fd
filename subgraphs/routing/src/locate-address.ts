import type { Sql } from '@waygraph/kit/database';
import { greatCircleKm } from './leg-times.ts';

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

/**
 * Places an address at its point, else its postal code, else its city, else its state's centre. UNSERVED: the state has no hub, or
 * the point is far outside of it.
 */
export type Locate = (address: Address) => Promise<Located | 'UNSERVED'>;

/** A point farther than this from the hub of its state is a slip: no state is that wide. */
const farthestKm = 1_500;

export const locateAddress = async (read: Sql, address: Address): Promise<Located | 'UNSERVED'> =>
  placed(address, await findPlace(read, keyOf(address)));

/** Places that were loaded anew are found so late at most. */
const freshMs = 60_000;
const mostPlaces = 2_000;

/** The same at no statement for what was asked for before: there are few hubs, and few postal codes where people order. */
export function rememberPlaces(read: Sql, now: () => number = Date.now): Locate {
  const known = new Map<string, { readonly place: Place; readonly sinceMs: number }>();
  return async address => {
    const key = keyOf(address);
    const name = JSON.stringify(key);
    const found = known.get(name);
    if (found !== undefined && now() - found.sinceMs < freshMs) return placed(address, found.place);
    const place = await findPlace(read, key);
    known.delete(name);
    // A hub that is not there may be loaded at any moment.
    if (place !== undefined) known.set(name, { place, sinceMs: now() });
    for (const oldest of known.keys()) {
      if (known.size <= mostPlaces) break;
      known.delete(oldest);
    }
    return placed(address, place);
  };
}

type Place = {
  readonly hub: string;
  readonly centre_lat: number;
  readonly centre_lon: number;
  readonly lat: number;
  readonly lon: number;
  readonly by: Located['locatedBy'];
};

/** What is looked up: who has a point needs the hub only. */
type Key = { readonly state: string; readonly prefix: string; readonly city: string };

const keyOf = ({ point, postalCode, city, state }: Address): Key =>
  point
    ? { state, prefix: '', city: '' }
    : { state, prefix: postalCode.replaceAll(/\D/g, '').slice(0, 5), city: city.trim() };

async function findPlace(read: Sql, { state, prefix, city }: Key): Promise<Place | undefined> {
  const [found] = await read<Place>(
    `with here as (
       select h.id as hub, h.location as centre, coalesce(p.location, c.location, h.location) as location,
         case when p.location is not null then 'POSTAL_CODE' when c.location is not null then 'CITY' else 'STATE' end as by
       from geo.hubs h
       left join geo.postal_codes p on p.prefix = $1 and p.state = h.id
       left join geo.cities c on c.plain_name = catalogue.plain($2) and c.state = h.id
       where h.id = $3)
     select hub, st_y(centre::geometry) as centre_lat, st_x(centre::geometry) as centre_lon,
       st_y(location::geometry) as lat, st_x(location::geometry) as lon, by from here`,
    [prefix, city, state],
  );
  return found;
}

function placed({ point }: Address, place: Place | undefined): Located | 'UNSERVED' {
  if (place === undefined) return 'UNSERVED';
  const { hub, centre_lat, centre_lon } = place;
  const { lat, lon } = point ?? place;
  if (greatCircleKm({ lat: centre_lat, lon: centre_lon }, { lat, lon }) > farthestKm) return 'UNSERVED';
  return { lat, lon, hub, locatedBy: point ? 'POINT' : place.by };
}

export async function isHub(read: Sql, id: string): Promise<boolean> {
  const rows = await read('select from geo.hubs where id = $1', [id]);
  return rows.length > 0;
}
