import { createOSMStream } from 'osm-pbf-parser-node';
import { cities } from './cities.ts';
import type { City } from './cities.ts';

export type StreetPoint = { street: string; city: string; state: string; lat: number; lon: number };

/** What the extracts hold, as far as it matters here. */
export type OsmItem =
  | { type: 'node'; id: number; lat: number; lon: number }
  | { type: 'way'; id: number; refs: readonly number[]; tags?: Readonly<Record<string, string>> }
  | { type: 'relation' | 'header' };

// Roads with front doors on them: no motorways, no slip roads, no footpaths.
const addressable = new Set(['primary', 'secondary', 'tertiary', 'unclassified', 'residential', 'living_street']);

const isInside = ({ box }: City, lat: number, lon: number): boolean =>
  lon >= box.west && lon <= box.east && lat >= box.south && lat <= box.north;

/** One point per node of the city's named streets, ordered by node id; a crossing belongs to the street with the lowest way id. */
export function streetPoints(city: City, items: Iterable<OsmItem>): StreetPoint[] {
  const nodes = new Map<number, { lat: number; lon: number }>();
  const ways: { id: number; name: string; refs: readonly number[] }[] = [];
  for (const item of items) {
    if (item.type === 'node') nodes.set(item.id, item);
    if (item.type !== 'way') continue;
    const { highway, name, tunnel, access } = item.tags ?? {};
    if (highway === undefined || !addressable.has(highway) || name === undefined) continue;
    if (tunnel !== undefined || access === 'private' || access === 'no') continue;
    ways.push({ id: item.id, name, refs: item.refs });
  }
  ways.sort((one, other) => one.id - other.id);
  const points = new Map<number, StreetPoint>();
  for (const { name, refs } of ways) {
    for (const ref of refs) {
      const node = nodes.get(ref);
      if (node === undefined || points.has(ref) || !isInside(city, node.lat, node.lon)) continue;
      points.set(ref, {
        street: name,
        city: city.name,
        state: city.state,
        lat: rounded(node.lat),
        lon: rounded(node.lon),
      });
    }
  }
  return [...points].sort(([one], [other]) => one - other).map(([, point]) => point);
}

/** Reads the extracts that come with the shop (about half a second). */
export async function readStreets(): Promise<StreetPoint[]> {
  const points: StreetPoint[] = [];
  for (const city of cities) {
    const items: OsmItem[] = [];
    const wanted = { withTags: { node: false, way: ['highway', 'name', 'tunnel', 'access'], relation: false } };
    for await (const item of createOSMStream(city.extract, wanted)) items.push(item as OsmItem);
    points.push(...streetPoints(city, items));
  }
  return points;
}

// OpenStreetMap itself keeps seven decimals (about a centimetre).
const rounded = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;
