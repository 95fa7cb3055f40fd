import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { greatCircleKm } from './leg-times.ts';
import { rememberWays } from './remembered-ways.ts';
import { roadKm } from './road-km.ts';
import { randomOf } from './testing/random.ts';
import { readWorld, type ReadWorld } from './testing/read-world.ts';

type Vertex = { id: number; lat: number; lon: number };
type Edge = { source: number; target: number; km: number; oneWay: boolean };

const side = 12;
/** Kept: a place of it is nearer to one crossing on a sphere, and to another one on the ellipsoid. */
const ambiguous = 296519162;

/** A town in the ocean, so that no other test's roads are near. The same seed twice: another network, on the same parallel. */
function townOf(seed: number) {
  const random = randomOf(seed);
  const corner = { lat: random.between(-45, -35), lon: -150 + Math.random() * 50 };
  const firstId = Math.floor(Math.random() * 2 ** 40) + 2 ** 50;
  random.next();
  random.next();
  const vertices: Vertex[] = Array.from({ length: side * side }, (_, index) => ({
    id: firstId + index,
    lat: corner.lat + Math.floor(index / side) * 0.005 + random.between(0, 0.001),
    lon: corner.lon + (index % side) * 0.005 + random.between(0, 0.001),
  }));
  const at = (index: number): Vertex => vertices[index]!;
  const road = (from: number, to: number, detour: number, oneWay: boolean): Edge => ({
    ...{ source: at(from).id, target: at(to).id, km: greatCircleKm(at(from), at(to)) * detour, oneWay },
  });
  // Streets between neighbours, some one way; a ring that goes round in one direction keeps all of them reachable.
  const edges: Edge[] = vertices.flatMap((_, index) => [
    ...(index % side === side - 1 ? [] : [road(index, index + 1, random.between(1, 1.5), random.next() < 0.2)]),
    ...(index >= side * (side - 1) ? [] : [road(index, index + side, random.between(1, 1.5), random.next() < 0.2)]),
    road(index, (index + 1) % vertices.length, 4, true),
  ]);
  const somewhere = () => ({
    lat: corner.lat + random.between(-0.002, side * 0.005),
    lon: corner.lon + random.between(-0.002, side * 0.005),
  });
  return { ...{ network: uniqueId('roads'), seed, corner, firstId, vertices, edges }, ...{ at, somewhere } };
}

type Town = ReturnType<typeof townOf>;
const kept = townOf(ambiguous);
const town = townOf(Math.floor(Math.random() * 2 ** 31));
const { corner, firstId, network, at, somewhere } = town;

let world: ReadWorld;
beforeAll(async () => {
  world = await readWorld('road');
  for (const { network: name, vertices, edges } of [kept, town]) {
    await world.write(
      `insert into roads.vertices (id, network, location)
       select id, $2, st_setsrid(st_makepoint(lon, lat), 4326)
       from jsonb_to_recordset($1::jsonb) as r(id bigint, lat float8, lon float8)`,
      [JSON.stringify(vertices), name],
    );
    await world.write(
      `insert into roads.edges (network, source, target, km, one_way, speed_kmh, line)
       select $2, source, target, km, "oneWay", 30, st_makeline(a.location, b.location)
       from jsonb_to_recordset($1::jsonb) as r(source bigint, target bigint, km float8, "oneWay" boolean)
       join roads.vertices a on a.id = source join roads.vertices b on b.id = target`,
      [JSON.stringify(edges), name],
    );
  }
});
afterAll(async () => {
  const names = [kept.network, network];
  await world.write('delete from roads.edges where network = any ($1)', [names]);
  await world.write('delete from roads.vertices where network = any ($1)', [names]);
  await world.dispose();
});

/** Plain Dijkstra to `goal`, against the direction of the roads. */
function kmTo({ edges }: Town, goal: number): Map<number, number> {
  const km = new Map([[goal, 0]]);
  const done = new Set<number>();
  for (;;) {
    const [next] = [...km].filter(([id]) => !done.has(id)).sort(([, one], [, other]) => one - other);
    if (next === undefined) return km;
    const [here, soFar] = next;
    done.add(here);
    for (const { source, target, km: length, oneWay } of edges) {
      const from = target === here ? source : source === here && !oneWay ? target : undefined;
      if (from !== undefined) km.set(from, Math.min(km.get(from) ?? Infinity, soFar + length));
    }
  }
}

/** Over some hundred metres of the ellipsoid WGS 84, to a millionth: by its radii of curvature there, where a sphere is off by 0.5 %. */
function ellipsoidKm(one: { lat: number; lon: number }, other: { lat: number; lon: number }): number {
  const [equatorKm, squash, radian] = [6_378.137, 0.006_694_379_990_14, Math.PI / 180];
  const lat = ((one.lat + other.lat) / 2) * radian;
  const bend = 1 - squash * Math.sin(lat) ** 2;
  const north = (equatorKm * (1 - squash) * (one.lat - other.lat) * radian) / bend ** 1.5;
  const east = (equatorKm * Math.cos(lat) * (one.lon - other.lon) * radian) / bend ** 0.5;
  return Math.hypot(north, east);
}

const nearest = ({ vertices }: Town, place: { lat: number; lon: number }): { vertex: Vertex; km: number } =>
  vertices
    .map(vertex => ({ vertex, km: ellipsoidKm(vertex, place) }))
    .reduce((one, other) => (other.km < one.km ? other : one));

test.each([
  ['a town where it matters what the earth is like', kept],
  ['any town', town],
])(
  'is what a plain Dijkstra over the same roads finds, with the ways to and from the road, in %s',
  async (_, place) => {
    for (let round = 0; round < 8; round += 1) {
      const to = place.somewhere();
      const from = Array.from({ length: 25 }, (_each, index) => ({ id: String(index), ...place.somewhere() }));
      const goal = nearest(place, to);
      const expected = kmTo(place, goal.vertex.id);
      const found = await roadKm(world.read, to, from);
      for (const { id, ...point } of from) {
        const start = nearest(place, point);
        const km = (expected.get(start.vertex.id) ?? Number.NaN) + start.km + goal.km;
        const off = Math.abs((found.get(id) ?? Number.NaN) - km);
        if (!(off <= 1e-6))
          throw new Error(`seed ${String(place.seed)}: expected ${String(km)} km, found ${String(found.get(id))}`);
      }
      expect(found.size).toBe(25);
    }
  },
);

test('takes one statement, and a second one only for ways that lead far around', async () => {
  world.statements.length = 0;
  const here = { lat: at(30).lat, lon: at(30).lon };
  expect((await roadKm(world.read, here, [{ id: 'same', ...here }])).get('same')).toBeCloseTo(0, 6);
  expect(world.statements).toHaveLength(1);
  // Only the way around through a vertex far outside the box is left.
  const [island, far] = [firstId + 1_000, firstId + 1_001];
  const place = { lat: corner.lat + 0.3, lon: corner.lon + 0.3 };
  await world.write(
    `insert into roads.vertices (id, network, location) values
       ($1, $3, st_setsrid(st_makepoint($5, $4), 4326)),
       ($2, $3, st_setsrid(st_makepoint($5 + 0.3, $4 + 0.3), 4326))`,
    [island, far, network, place.lat, place.lon],
  );
  await world.write(
    `insert into roads.edges (network, source, target, km, one_way, speed_kmh, line)
     select $1, s, t, 40, true, 30, st_makeline(a.location, b.location)
     from unnest($2::bigint[], $3::bigint[]) as r(s, t)
     join roads.vertices a on a.id = s join roads.vertices b on b.id = t`,
    [network, [island, far], [far, firstId]],
  );
  world.statements.length = 0;
  const around = await roadKm(world.read, { lat: at(0).lat, lon: at(0).lon }, [{ id: 'island', ...place }]);
  expect(around.get('island')).toBeCloseTo(80, 3);
  expect(world.statements.length).toBeLessThanOrEqual(2);
});

test('leaves out places in no city, and all of them when the goal is in none', async () => {
  const inside = { id: 'inside', lat: at(5).lat, lon: at(5).lon };
  const sea = { id: 'sea', lat: corner.lat - 1, lon: corner.lon - 1 };
  expect([...(await roadKm(world.read, at(0), [inside, sea])).keys()]).toEqual(['inside']);
  expect(await roadKm(world.read, sea, [inside])).toEqual(new Map());
  expect(await roadKm(world.read, at(0), [])).toEqual(new Map());
});

test('remembered ways are the same, at one short statement once they are learned', async () => {
  const faults: unknown[] = [];
  const remembered = rememberWays(world.read, { onError: error => faults.push(error) });
  const from = Array.from({ length: 6 }, (_, index) => ({ id: String(index), ...somewhere() }));
  const sea = { id: 'sea', lat: corner.lat - 1, lon: corner.lon - 1 };
  for (let round = 0; round < 4; round += 1) {
    const to = somewhere();
    // Seen from a town, a new place among the known ones.
    const places = round < 2 ? from : [...from, { id: 'new', ...somewhere() }, sea];
    const expected = await roadKm(world.read, to, places);
    world.statements.length = 0;
    const found = await remembered(to, places);
    if (round === 1) expect(world.statements).toHaveLength(1);
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [id, km] of expected) expect(found.get(id)).toBeCloseTo(km, 6);
    await remembered.learned();
  }
  expect(await remembered(sea, from)).toEqual(new Map());
  expect(faults).toEqual([]);

  // Who knows the crossing already needs no statement at all.
  const { vertex, km } = nearest(town, from[0]!);
  const crossing = { id: String(vertex.id), network: town.network, metres: km * 1_000 };
  const expected = await remembered(from[0]!, from);
  world.statements.length = 0;
  const found = await remembered(from[0]!, from, crossing);
  for (const [id, far] of expected) expect(found.get(id)).toBeCloseTo(far, 6);
  expect(await remembered(from[0]!, from, null)).toEqual(new Map());
  expect(world.statements).toEqual([]);
});
