import type { Ratios } from './score.ts';

/** Roads are that much longer than the great circle: the usual detour between cities. */
export const detourFactor = 1.3;

/** How actual times spread around expected ones where nobody has measured it: by the purchases of a Brazilian marketplace. */
export const usualRatios: Ratios = { q05: 0.5, q938: 1.8, q95: 1.9 };

/** Until the hand-over, for a seller nobody knows. */
const usualHandlingMinutes = 1_440;
/** So many hand-overs weigh as much as what is usual. */
const usualWeight = 8;

/** A seller's median, drawn towards what is usual as long as it rests on few hand-overs. */
export const handlingMinutes = (seller: { medianMinutes: number; orders: number }): number =>
  (seller.medianMinutes * seller.orders + usualHandlingMinutes * usualWeight) / (seller.orders + usualWeight);

const sortingMinutes = 480;
const lineHaulDayKm = 700;

/** From hub to hub by distance alone: sorting at the first, a day until the next departure, 700 km a day. */
export const lineHaulMinutes = (km: number): number =>
  km === 0 ? sortingMinutes : sortingMinutes + 1_440 + (km / lineHaulDayKm) * 1_440;

const depotMinutes = 600;
const tourMinutes = 180;
const minutesPerKm = 2.5;

/** The last mile: a night at the hub, then a tour that ends the later the farther the door is. `out` is the tour. */
export function lastMileMinutes(km: number): { all: number; out: number } {
  const out = tourMinutes + km * minutesPerKm;
  return { all: depotMinutes + out, out };
}

/** Great circle on a sphere, in km. */
export function greatCircleKm(from: { lat: number; lon: number }, to: { lat: number; lon: number }): number {
  const rad = Math.PI / 180;
  const half = (one: number, other: number): number => Math.sin(((other - one) * rad) / 2) ** 2;
  const h = half(from.lat, to.lat) + Math.cos(from.lat * rad) * Math.cos(to.lat * rad) * half(from.lon, to.lon);
  return 2 * 6_371.0088 * Math.asin(Math.min(1, Math.sqrt(h)));
}
