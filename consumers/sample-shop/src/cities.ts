export type Box = { west: number; south: number; east: number; north: number };
export type City = { name: string; state: string; extract: string; box: Box; firstPostalPrefix: number };

const extract = (name: string): string => new URL(`../osm/${name}.osm.pbf`, import.meta.url).pathname;

/** The two cities of the sample shop; `box` is the bounding box of the extract's nodes. */
export const cities: readonly [City, City] = [
  {
    name: 'Porto Alegre',
    state: 'RS',
    extract: extract('porto-alegre'),
    box: { west: -51.2664, south: -30.1133, east: -51.1322, north: -29.9876 },
    firstPostalPrefix: 90_010,
  },
  {
    name: 'São Paulo',
    state: 'SP',
    extract: extract('sao-paulo-centre'),
    box: { west: -46.7081, south: -23.5954, east: -46.5818, north: -23.4643 },
    firstPostalPrefix: 1_001,
  },
];
