import { describe, expect, test } from '@jest/globals';
import { roadNetwork } from './road-network.ts';
import type { OsmItem } from './streets.ts';

/** A hundredth of a degree on the equator is 1.112 km. */
const node = (id: number, lon: number, lat = 0): OsmItem => ({ type: 'node', id, lat, lon: lon / 100 });
const way = (refs: number[], tags: Record<string, string> = {}): OsmItem => ({
  ...{ type: 'way', id: 1, refs, tags: { highway: 'residential', ...tags } },
});
const line = [1, 2, 3, 4, 5].map(id => node(id, id));
const roads = (...items: OsmItem[]) =>
  roadNetwork([...line, ...items]).edges.map(({ source, target, km, oneWay, speedKmh }) => ({
    ...{ road: `${String(source)}${oneWay ? '>' : '-'}${String(target)}`, km: Number(km.toFixed(2)), speedKmh },
  }));

describe('a road network', () => {
  test('has vertices where roads meet or end; in between the road is as long as it is', () => {
    expect(roads(way([1, 2, 3, 4, 5]))).toEqual([{ road: '1-5', km: 4.45, speedKmh: 30 }]);
    expect(roads(way([1, 2, 3]), way([3, 4, 5]), way([2, 4])).map(({ road }) => road)).toEqual([
      ...['1-2', '2-3', '3-4', '4-5', '2-4'],
    ]);
    const { vertices } = roadNetwork([...line, way([1, 2, 3, 4, 5])]);
    expect(vertices).toEqual([
      { id: 1, lat: 0, lon: 0.01 },
      { id: 5, lat: 0, lon: 0.05 },
    ]);
  });

  test('knows one-way roads, also those against their nodes, and roundabouts', () => {
    const back = way([5, 1]);
    expect(roads(way([1, 5], { oneway: 'yes' }), back)[0]?.road).toBe('1>5');
    expect(roads(way([1, 5], { oneway: '-1' }), back)[0]?.road).toBe('5>1');
    expect(roads(way([1, 5], { oneway: 'no' }), back)[0]?.road).toBe('1-5');
    expect(roads(way([1, 3, 5, 1], { junction: 'roundabout' }), way([3, 1]), way([5, 3]))[0]?.road).toBe('1>3');
  });

  test('takes a speed limit where there is one, and vans stay off footpaths and private roads', () => {
    expect(roads(way([1, 5], { maxspeed: '50' }))[0]?.speedKmh).toBe(50);
    expect(roads(way([1, 5], { maxspeed: 'walk' }))[0]?.speedKmh).toBe(30);
    expect(roads(way([1, 5], { highway: 'footway' }), way([1, 2], { access: 'private' }))).toEqual([]);
  });

  test('is the largest part in which everybody gets everywhere: no dead ends of one-way roads, no islands', () => {
    const items = [
      ...[way([1, 2]), way([2, 3]), way([3, 4], { oneway: 'yes' }), way([6, 7])],
      ...[node(6, 60), node(7, 70)],
    ];
    expect(roads(...items).map(({ road }) => road)).toEqual(['1-2', '2-3']);
  });

  test('ends where the extract is cut off', () => {
    expect(roads(way([1, 2, 99, 3, 4, 5])).map(({ road }) => road)).toEqual(['1-2']);
    expect(roads(way([1, 2, 99]), way([99, 2, 3]), way([98, 4, 97])).map(({ road }) => road)).toEqual(['1-2', '2-3']);
  });
});
