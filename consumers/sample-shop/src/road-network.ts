import type { OsmItem } from './streets.ts';
import { largestComponent } from './strong-component.ts';

export type RoadVertex = { id: number; lat: number; lon: number };
export type RoadEdge = { source: number; target: number; km: number; oneWay: boolean; speedKmh: number };
export type RoadNetwork = { vertices: RoadVertex[]; edges: RoadEdge[] };

/** Tags of ways that matter here. */
export const roadTags = ['highway', 'oneway', 'junction', 'maxspeed', 'access', 'motor_vehicle'];

/** Roads that a delivery van takes, with their usual speed. */
const speeds: Readonly<Record<string, number>> = {
  ...{ motorway: 90, motorway_link: 50, trunk: 70, trunk_link: 45, primary: 60, primary_link: 40 },
  ...{ secondary: 50, secondary_link: 35, tertiary: 40, tertiary_link: 30 },
  ...{ unclassified: 35, residential: 30, living_street: 15 },
};

type Way = { places: readonly RoadVertex[]; direction: 1 | 0 | -1; speedKmh: number };

/**
 * The road network of an extract: vertices where roads meet or end, edges between them with the length of the road. Only the part in
 * which every vertex is reached from every other, so that a way exists between any two.
 */
export function roadNetwork(items: Iterable<OsmItem>): RoadNetwork {
  const nodes = new Map<number, RoadVertex>();
  const roads: { refs: readonly number[]; kind: Omit<Way, 'places'> }[] = [];
  for (const item of items) {
    if (item.type === 'node') nodes.set(item.id, { id: item.id, lat: item.lat, lon: item.lon });
    if (item.type !== 'way') continue;
    const kind = kindOf(item.tags ?? {});
    if (kind !== undefined) roads.push({ refs: item.refs, kind });
  }
  const edges = edgesOf(
    roads.flatMap(({ refs, kind }) => insideParts(refs, nodes).map(places => ({ ...kind, places }))),
  );
  const kept = largestComponent(edges);
  const inside = edges.filter(({ source, target }) => kept.has(source) && kept.has(target));
  const vertices = [...kept].sort((one, other) => one - other).flatMap(id => nodes.get(id) ?? []);
  return { vertices, edges: inside };
}

function kindOf(tags: Readonly<Record<string, string>>): Omit<Way, 'places'> | undefined {
  const usual = speeds[tags['highway'] ?? ''];
  const closed = [tags['access'], tags['motor_vehicle']].some(value => value === 'no' || value === 'private');
  if (usual === undefined || closed) return undefined;
  const limit = Number(tags['maxspeed']);
  return { direction: directionOf(tags), speedKmh: limit >= 5 && limit <= 130 ? limit : usual };
}

/** An extract cuts roads off at its border: what is left of one are the parts whose nodes it knows. */
function insideParts(refs: readonly number[], nodes: ReadonlyMap<number, RoadVertex>): RoadVertex[][] {
  const parts: RoadVertex[][] = [[]];
  for (const ref of refs) {
    const node = nodes.get(ref);
    if (node === undefined) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts.filter(places => places.length > 1);
}

function directionOf({ oneway, junction, highway }: Readonly<Record<string, string>>): Way['direction'] {
  if (oneway === '-1' || oneway === 'reverse') return -1;
  if (oneway === 'yes' || oneway === '1' || oneway === 'true') return 1;
  return oneway === undefined && (junction === 'roundabout' || highway === 'motorway') ? 1 : 0;
}

function edgesOf(ways: readonly Way[]): RoadEdge[] {
  // A node that two ways share, or one way twice, is a crossing; so are the ends of ways.
  const uses = new Map<number, number>();
  for (const { places } of ways)
    for (const [index, { id }] of places.entries())
      uses.set(id, (uses.get(id) ?? 0) + (index === 0 || index === places.length - 1 ? 2 : 1));
  return ways.flatMap(({ places, direction, speedKmh }) => {
    const edges: RoadEdge[] = [];
    let [start] = places;
    let km = 0;
    for (const [index, node] of places.entries()) {
      const last = places[index - 1];
      if (start === undefined || last === undefined) continue;
      km += distanceKm(last, node);
      if ((uses.get(node.id) ?? 0) < 2) continue;
      const [source, target] = direction === -1 ? [node.id, start.id] : [start.id, node.id];
      if (source !== target) edges.push({ source, target, km, oneWay: direction !== 0, speedKmh });
      start = node;
      km = 0;
    }
    return edges;
  });
}

function distanceKm(from: RoadVertex, to: RoadVertex): number {
  const rad = Math.PI / 180;
  const half = (one: number, other: number): number => Math.sin(((other - one) * rad) / 2) ** 2;
  const h = half(from.lat, to.lat) + Math.cos(from.lat * rad) * Math.cos(to.lat * rad) * half(from.lon, to.lon);
  return 2 * 6_371.0088 * Math.asin(Math.sqrt(h));
}
