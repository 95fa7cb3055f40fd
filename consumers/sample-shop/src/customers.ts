import { createHash } from 'node:crypto';
import { cities } from './cities.ts';
import type { City } from './cities.ts';
import { createRandom } from './random.ts';
import type { StreetPoint } from './streets.ts';

export type SampleAddress = {
  street: string;
  postalCode: string;
  city: string;
  state: string;
  lat: number;
  lon: number;
};
export type SampleCustomer = { id: string; address: SampleAddress; openingBalanceMinor: number };

/** `customer-0001` and so on: odd numbers live in the first city, even ones in the second. */
export function customersOf(seed: string, count: number, streets: readonly StreetPoint[]): SampleCustomer[] {
  const [first, second] = cities.map(city => ({ city, places: streets.filter(point => point.state === city.state) }));
  if (first === undefined || second === undefined) return [];
  return Array.from({ length: count }, (_, index) => {
    const id = `customer-${String(index + 1).padStart(4, '0')}`;
    const random = createRandom(`${seed}/${id}`);
    const { city, places } = index % 2 === 0 ? first : second;
    const point = random.pick(places);
    // One in twenty is nearly broke, so that a payment can fail.
    const openingBalanceMinor = random.next() < 0.05 ? random.integer(100, 2_000) : random.skewed(10_000, 1_000_000);
    return { id, address: { ...point, postalCode: postalCode(city, point) }, openingBalanceMinor };
  });
}

const gridSize = 14;

/** Invented, but as real ones behave: the first five digits are a square of about a kilometre, the last three a street. */
function postalCode({ box, firstPostalPrefix }: City, { street, lat, lon }: StreetPoint): string {
  const cell = (value: number, low: number, high: number): number =>
    Math.min(gridSize - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * gridSize)));
  const square = cell(lat, box.south, box.north) * gridSize + cell(lon, box.west, box.east);
  const suffix = createHash('sha256').update(street).digest().readUInt16LE(0) % 900;
  return `${String(firstPostalPrefix + 5 * square).padStart(5, '0')}-${String(suffix).padStart(3, '0')}`;
}
