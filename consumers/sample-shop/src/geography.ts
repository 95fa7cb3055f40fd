import { greatCircleKm, detourFactor, lineHaulMinutes, usualRatios } from '@waygraph/routing/leg-times';
import { hubs, laneIdOf } from '@waygraph/routing/hubs';
import { cities } from './cities.ts';
import { createRandom, type Random } from './random.ts';
import type { SampleShop } from './sample-shop.ts';

export type Placed = { state: string; lat: number; lon: number };
export type LaneFigures = {
  laneId: string;
  origin: string;
  destination: string;
  medianMinutes: number;
  q05: number;
  q50: number;
  q938: number;
  q95: number;
  orders: number;
};
export type HandlingFigures = { sellerId: string; medianMinutes: number; orders: number };

/** What the address of a customer is placed by: the middle of all places that share the first five digits. */
export function postalCodesOf({ customers }: Pick<SampleShop, 'customers'>): (Placed & { prefix: string })[] {
  const byPrefix = Map.groupBy(customers, ({ address }) => `${address.state}${address.postalCode.slice(0, 5)}`);
  return [...byPrefix].map(([key, same]) => {
    const mean = (value: (address: Placed) => number): number =>
      same.reduce((sum, { address }) => sum + value(address), 0) / same.length;
    return {
      state: key.slice(0, 2),
      prefix: key.slice(2),
      lat: mean(({ lat }) => lat),
      lon: mean(({ lon }) => lon),
    };
  });
}

const more: readonly (Placed & { name: string })[] = [
  { state: 'SP', name: 'Campinas', lat: -22.9056, lon: -47.0608 },
  { state: 'SP', name: 'Guarulhos', lat: -23.4543, lon: -46.5337 },
  { state: 'SP', name: 'Santos', lat: -23.9608, lon: -46.3336 },
  { state: 'SP', name: 'Ribeirão Preto', lat: -21.1775, lon: -47.8103 },
  { state: 'RS', name: 'Canoas', lat: -29.9178, lon: -51.1836 },
  { state: 'RS', name: 'Caxias do Sul', lat: -29.1678, lon: -51.1794 },
  { state: 'RS', name: 'Pelotas', lat: -31.7719, lon: -52.3425 },
  { state: 'RS', name: 'Santa Maria', lat: -29.6842, lon: -53.8069 },
  { state: 'RJ', name: 'Niterói', lat: -22.8832, lon: -43.1034 },
  { state: 'MG', name: 'Uberlândia', lat: -18.9186, lon: -48.2772 },
  { state: 'PR', name: 'Londrina', lat: -23.3103, lon: -51.1628 },
  { state: 'SC', name: 'Joinville', lat: -26.3044, lon: -48.8456 },
];

/** The capitals, and some other large cities. */
export const knownCities: readonly (Placed & { name: string })[] = [
  ...hubs.map(({ id, name, lat, lon }) => ({ state: id, name, lat, lon })),
  ...more,
];

/** Every lane by its distance; those between the cities of the shop as if some hundreds of parcels had been measured. */
export function lanesOf(seed: string): LaneFigures[] {
  const sampled = new Set(cities.map(({ state }) => state));
  return hubs.flatMap(origin =>
    hubs.map((destination): LaneFigures => {
      const km = origin === destination ? 0 : greatCircleKm(origin, destination) * detourFactor;
      const byDistance = lineHaulMinutes(km);
      const lane = { laneId: laneIdOf(origin.id, destination.id), origin: origin.id, destination: destination.id };
      return sampled.has(origin.id) && sampled.has(destination.id)
        ? { ...lane, ...measured(createRandom(`${seed}/lane/${lane.laneId}`), byDistance) }
        : { ...lane, medianMinutes: byDistance, ...usualRatios, q50: 1, orders: 0 };
    }),
  );
}

function measured(random: Random, byDistance: number): Omit<LaneFigures, 'laneId' | 'origin' | 'destination'> {
  const orders = random.integer(300, 900);
  // Three dice for the bulk, one that is rarely high for the long tail.
  const ratios = Array.from({ length: orders }, () => {
    const bulk = 0.55 + 0.3 * (random.next() + random.next() + random.next());
    return bulk + 1.2 * random.next() ** 8;
  }).sort((one, other) => one - other);
  const at = (share: number): number => ratios[Math.floor(share * (orders - 1))] ?? 1;
  const median = at(0.5);
  return {
    medianMinutes: Math.round(byDistance * median),
    ...{ q05: at(0.05) / median, q50: 1, q938: at(0.938) / median, q95: at(0.95) / median },
    orders,
  };
}

/** How long each seller has taken to hand over so far; one in ten has no history yet. */
export function handlingOf(seed: string, { sellers }: Pick<SampleShop, 'sellers'>): HandlingFigures[] {
  return sellers.flatMap(({ id }) => {
    const random = createRandom(`${seed}/handling/${id}`);
    if (random.next() < 0.1) return [];
    return [{ sellerId: id, medianMinutes: random.skewed(360, 2_880), orders: random.integer(5, 150) }];
  });
}
