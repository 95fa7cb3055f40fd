import { describe, expect, test } from '@jest/globals';
import { cities } from './cities.ts';
import { streetPoints } from './streets.ts';
import type { OsmItem } from './streets.ts';

const [city] = cities;
const node = (id: number, lat = -30.05, lon = -51.2): OsmItem => ({ type: 'node', id, lat, lon });
const way = (id: number, refs: number[], tags: Record<string, string>): OsmItem => ({ type: 'way', id, refs, tags });
const streetsOf = (...items: OsmItem[]): string[] => streetPoints(city, items).map(({ street }) => street);

describe('points of streets', () => {
  test('are the nodes of named roads that have front doors', () => {
    const items = [1, 2, 3, 4, 5, 6, 7].map(id => node(id));
    const ways = [
      way(1, [1], { highway: 'residential', name: 'Rua da Praia' }),
      way(2, [2], { highway: 'residential' }),
      way(3, [3], { highway: 'motorway', name: 'Freeway' }),
      way(4, [4], { highway: 'footway', name: 'Passagem' }),
      way(5, [5], { highway: 'primary', name: 'Túnel da Conceição', tunnel: 'yes' }),
      way(6, [6], { highway: 'residential', name: 'Condomínio', access: 'private' }),
      way(7, [7], { building: 'yes', name: 'Mercado Público' }),
    ];
    expect(streetsOf(...items, ...ways, { type: 'relation' })).toEqual(['Rua da Praia']);
  });

  test('come in the order of their ids, once each: a crossing belongs to the street with the lowest id', () => {
    const named = (id: number, name: string, ...refs: number[]): OsmItem =>
      way(id, refs, { highway: 'tertiary', name });
    expect(streetsOf(named(9, 'B', 2, 3), named(8, 'A', 2, 1), node(3), node(2), node(1))).toEqual(['A', 'A', 'B']);
  });

  test('lie inside the city, and are known to the extract', () => {
    const road = way(1, [1, 2, 3], { highway: 'residential', name: 'Estrada' });
    expect(streetsOf(node(1), node(2, -29.9), road)).toEqual(['Estrada']);
  });
});
