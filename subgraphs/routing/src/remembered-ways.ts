import type { Sql } from '@waygraph/kit/database';
import { nearestVertex, roadKm, snapMetres, type Crossing, type RoadKm, type RoadPoint } from './road-km.ts';

/** Crossings of one network, each with its place in the arrays of ways. */
type Network = Map<string, number>;

/** What is known of a place that parcels start from: its way to every crossing of its city; null: it lies in no city. */
type Origin = {
  readonly sinceMs: number;
  readonly ways: { readonly network: string; readonly metres: number; readonly km: Float64Array } | null;
};

/** Roads that were loaded anew are found so late at most. */
const freshMs = 10 * 60_000;
/** So many places are kept; of a city of 10,000 crossings one takes 80 kB. */
const mostOrigins = 300;

/**
 * Road kilometres as `roadKm` has them, at a fraction of the cost: sellers and hubs are few and stay where they are, so pgRouting finds
 * the ways from each of them to every crossing of its city once, and they are kept. A place that is not known yet is answered by
 * `roadKm` at once and learned behind it.
 */
export function rememberWays(
  read: Sql,
  { onError, now = Date.now }: { onError: (error: unknown) => void; now?: () => number },
): RoadKm & { learned: () => Promise<void> } {
  const networks = new Map<string, Network>();
  const origins = new Map<string, Origin>();
  const toLearn = new Map<string, RoadPoint>();
  let learning: Promise<void> | undefined;
  const placeOf = ({ lat, lon }: Omit<RoadPoint, 'id'>): string => `${String(lat)},${String(lon)}`;

  function known(point: RoadPoint): Origin | undefined {
    const origin = origins.get(placeOf(point));
    return origin !== undefined && now() - origin.sinceMs < freshMs ? origin : undefined;
  }

  function keep(point: RoadPoint, ways: Origin['ways']): void {
    origins.delete(placeOf(point));
    origins.set(placeOf(point), { sinceMs: now(), ways });
    for (const oldest of origins.keys()) {
      if (origins.size <= mostOrigins) break;
      origins.delete(oldest);
    }
  }

  async function learnAll(): Promise<void> {
    // One after the other: it must not keep anybody waiting.
    for (let next = toLearn.values().next(); !next.done; next = toLearn.values().next()) {
      await learn(next.value);
      toLearn.delete(placeOf(next.value));
    }
  }

  async function learn(point: RoadPoint): Promise<void> {
    const [row] = await read<{ network: string; metres: number; nodes: string[] | null; km: number[] | null }>(
      waysFrom,
      [...[point.lat, point.lon, snapMetres]],
    );
    if (row?.nodes == null || row.km === null) {
      keep(point, null);
      return;
    }
    const network = networks.get(row.network) ?? new Map<string, number>();
    networks.set(row.network, network);
    for (const node of row.nodes) if (!network.has(node)) network.set(node, network.size);
    const km = new Float64Array(network.size).fill(Number.NaN);
    for (const [index, node] of row.nodes.entries()) km[network.get(node) ?? 0] = row.km[index] ?? Number.NaN;
    keep(point, { network: row.network, metres: row.metres, km });
  }

  function learnBehind(points: readonly RoadPoint[]): void {
    for (const point of points) toLearn.set(placeOf(point), point);
    learning ??= learnAll()
      .catch((error: unknown) => {
        toLearn.clear();
        onError(error);
      })
      .finally(() => (learning = undefined));
  }

  const remembered: RoadKm = async (to, from, given) => {
    if (given === null) return new Map();
    const unknown = from.filter(point => known(point) === undefined);
    const found = await roadKm(read, to, unknown);
    if (unknown.length > 0) learnBehind(unknown);
    if (unknown.length === from.length) return found;
    const here = given ?? (await read<Crossing>(crossingAt, [to.lat, to.lon, snapMetres]))[0];
    const crossing = here && networks.get(here.network)?.get(here.id);
    if (crossing === undefined) return here === undefined ? found : roadKm(read, to, from);
    for (const point of from) {
      const ways = known(point)?.ways;
      if (ways?.network !== here?.network) continue;
      const km = ways?.km[crossing];
      if (ways && here && km !== undefined && !Number.isNaN(km))
        found.set(point.id, km + (ways.metres + here.metres) / 1000);
    }
    return found;
  };
  return Object.assign(remembered, { learned: () => learning ?? Promise.resolve() });
}

const crossingAt = `
  with at as (select st_setsrid(st_makepoint($2, $1), 4326) as location)
  select v.id, v.network, v.metres from at cross join lateral (${nearestVertex('at.location')}) v where v.metres <= $3`;

const waysFrom = `
  with here as materialized (${crossingAt})
  select here.network, here.metres, w.nodes, w.km
  from here cross join lateral (
    select array_agg(node) as nodes, array_agg(agg_cost) as km
    from pgr_drivingdistance(
      format('select id, source, target, km as cost, case when one_way then -1 else km end as reverse_cost
              from roads.edges where network = %L', here.network),
      here.id, 1e9, true)) w`;
