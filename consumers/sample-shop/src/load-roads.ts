import { withTransaction, type Pool } from '@waygraph/kit/database';
import { createOSMStream } from 'osm-pbf-parser-node';
import { cities, type City } from './cities.ts';
import { roadNetwork, roadTags, type RoadNetwork } from './road-network.ts';
import type { OsmItem } from './streets.ts';

/** Reads the extracts and replaces the road network of each city, each in one transaction (about two seconds in all). */
export async function loadRoads(pool: Pool, say: (line: string) => void): Promise<Record<string, number>> {
  const counts = { vertices: 0, edges: 0 };
  for (const city of cities) {
    const network = await readRoads(city);
    await replaceNetwork(pool, `${city.state} ${city.name}`, network);
    counts.vertices += network.vertices.length;
    counts.edges += network.edges.length;
    say(`roads: ${city.name}, ${String(network.vertices.length)} crossings, ${String(network.edges.length)} roads`);
  }
  return counts;
}

export async function readRoads(city: City): Promise<RoadNetwork> {
  const items: OsmItem[] = [];
  const wanted = { withTags: { node: false, way: roadTags, relation: false } };
  for await (const item of createOSMStream(city.extract, wanted)) items.push(item as OsmItem);
  return roadNetwork(items);
}

export async function replaceNetwork(pool: Pool, name: string, { vertices, edges }: RoadNetwork): Promise<void> {
  const column = <Row, Value>(rows: readonly Row[], value: (row: Row) => Value): Value[] => rows.map(value);
  const placeOf = new Map(vertices.map(vertex => [vertex.id, vertex]));
  const line = ({ source, target }: { source: number; target: number }): string =>
    `LINESTRING(${[source, target].map(id => `${String(placeOf.get(id)?.lon)} ${String(placeOf.get(id)?.lat)}`).join(',')})`;
  await withTransaction(pool, async sql => {
    // Whoever replaces it at the same moment waits, and then replaces what is written here.
    await sql(`select pg_advisory_xact_lock(hashtextextended('roads ' || $1, 0))`, [name]);
    await sql('delete from roads.edges where network = $1', [name]);
    await sql('delete from roads.vertices where network = $1', [name]);
    await sql(
      `insert into roads.vertices (id, network, location)
       select id, $1, st_setsrid(st_makepoint(lon, lat), 4326)
       from unnest($2::bigint[], $3::float8[], $4::float8[]) as v(id, lat, lon)`,
      [name, column(vertices, v => v.id), column(vertices, v => v.lat), column(vertices, v => v.lon)],
    );
    await sql(
      `insert into roads.edges (network, source, target, km, one_way, speed_kmh, line)
       select $1, source, target, km, one_way, speed_kmh, st_geomfromtext(line, 4326)
       from unnest($2::bigint[], $3::bigint[], $4::float8[], $5::boolean[], $6::real[], $7::text[])
         as e(source, target, km, one_way, speed_kmh, line)`,
      [
        name,
        ...[column(edges, e => e.source), column(edges, e => e.target), column(edges, e => e.km)],
        ...[column(edges, e => e.oneWay), column(edges, e => e.speedKmh), edges.map(line)],
      ],
    );
  });
}
