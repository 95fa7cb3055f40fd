import { assortments } from './assortment.ts';
import type { Assortment } from './assortment.ts';
import { cities } from './cities.ts';
import type { City } from './cities.ts';
import { coupons } from './coupons.ts';
import type { SampleCoupon } from './coupons.ts';
import { customersOf } from './customers.ts';
import type { SampleCustomer } from './customers.ts';
import { createRandom, stableId } from './random.ts';
import type { StreetPoint } from './streets.ts';

export type SampleSeller = {
  id: string;
  name: string;
  city: string;
  state: string;
  street: string;
  lat: number;
  lon: number;
};
export type SampleProduct = { id: string; name: string; category: string; priceMinor: number; currency: 'BRL' };
export type SampleOffer = { id: string; productId: string; sellerId: string; available: number };
export type SampleShop = {
  version: number;
  sellers: SampleSeller[];
  products: SampleProduct[];
  offers: SampleOffer[];
  customers: SampleCustomer[];
  coupons: SampleCoupon[];
};

type Recipe = { sellersPerCity: number; productsPerCategory: number; customers: number };

// A change of the shop is a new version with a recipe of its own; what both versions have keeps its ids.
const recipes: Readonly<Record<number, Recipe>> = {
  1: { sellersPerCity: 30, productsPerCategory: 30, customers: 5_000 },
};

/** What the loader loads. */
export const currentShop = { seed: 'waygraph', version: 1 } as const;

/** The whole shop, the same on every machine for the same seed and version; everything is sorted by id. */
export function sampleShop(options: { seed: string; version: number; streets: readonly StreetPoint[] }): SampleShop {
  const { seed, version, streets } = options;
  const recipe = recipes[version];
  if (recipe === undefined) throw new RangeError(`sample shop version ${String(version)} is not known`);
  const stocked = cities.flatMap(city => sellersOf(seed, city, recipe.sellersPerCity, streets));
  const products: SampleProduct[] = [];
  const offers: SampleOffer[] = [];
  for (const [index, assortment] of assortments.entries()) {
    for (const [place, product] of productsOf(seed, index, assortment, recipe.productsPerCategory).entries()) {
      products.push(product);
      offers.push(...offersOf(seed, index * 1_000 + place, product, assortment.category, stocked));
    }
  }
  const byId = <Thing extends { id: string }>(things: Thing[]): Thing[] =>
    things.sort((one, other) => (one.id < other.id ? -1 : 1));
  return {
    version,
    sellers: byId(stocked.map(({ seller }) => seller)),
    products: byId(products),
    offers: byId(offers),
    customers: customersOf(seed, recipe.customers, streets),
    coupons: [...coupons].sort((one, other) => (one.code < other.code ? -1 : 1)),
  };
}

type Stocked = { seller: SampleSeller; categories: ReadonlySet<string> };

const shopKinds = ['Casa', 'Loja', 'Empório', 'Armazém', 'Mercado', 'Bazar', 'Depósito', 'Ponto', 'Galeria', 'Central'];
const shopNames = [
  'do Sul',
  'Guaíba',
  'Ipiranga',
  'Aurora',
  'Bela Vista',
  'Primavera',
  'Minuano',
  'Paulista',
  'das Flores',
  'Horizonte',
  'Farroupilha',
  'Estrela',
  'Bandeirante',
  'do Porto',
  'Jacarandá',
  'Quero-Quero',
];

function sellersOf(seed: string, city: City, count: number, streets: readonly StreetPoint[]): Stocked[] {
  const corner = createRandom(`${seed}/sellers/${city.state}`);
  const names = corner.sample(
    shopKinds.flatMap(kind => shopNames.map(name => `${kind} ${name}`)),
    count,
  );
  const places = streets.filter(point => point.state === city.state);
  const firstOrder = city.state === 'RS' ? 0 : 1_000;
  return names.map((name, index) => {
    const key = `${seed}/seller/${city.state}/${String(index)}`;
    const random = createRandom(key);
    const { street, lat, lon } = random.pick(places);
    const categories = random.sample(assortments, random.integer(5, 9)).map(assortment => assortment.category);
    const seller = {
      id: stableId(key, firstOrder + index),
      name: `${name} ${city.state}`,
      city: city.name,
      state: city.state,
      street,
      lat,
      lon,
    };
    return { seller, categories: new Set(categories) };
  });
}

function productsOf(
  seed: string,
  index: number,
  { category, goods, traits }: Assortment,
  count: number,
): SampleProduct[] {
  const combinations = goods.flatMap(good => traits.map(trait => ({ good, trait })));
  const chosen = createRandom(`${seed}/products/${category}`).sample(combinations, count);
  return chosen.map(({ good: [name, fromReais, toReais], trait }, place) => {
    const key = `${seed}/product/${name}/${trait}`;
    const random = createRandom(key);
    const priceMinor = random.skewed(fromReais, toReais) * 100 + random.pick([-1, -10, 0, 50, 90]);
    return {
      id: stableId(key, index * 1_000 + place),
      name: `${name} ${trait}`,
      category,
      priceMinor,
      currency: 'BRL',
    };
  });
}

/** Two to six sellers who carry the category, at least one of each city. */
function offersOf(
  seed: string,
  order: number,
  product: SampleProduct,
  category: string,
  stocked: readonly Stocked[],
): SampleOffer[] {
  const random = createRandom(`${seed}/offers/${product.id}`);
  const perCity = cities.map(({ state }) => {
    const local = stocked.filter(({ seller }) => seller.state === state);
    const carrying = local.filter(({ categories }) => categories.has(category));
    const candidates = carrying.length > 0 ? carrying : local;
    return random.sample(candidates, candidates.length).map(({ seller }) => seller);
  });
  const firsts = perCity.flatMap(sellers => sellers.slice(0, 1));
  const others = perCity.flatMap(sellers => sellers.slice(1));
  const sellers = [...firsts, ...random.sample(others, random.integer(0, 4))];
  return sellers.map(seller => {
    const key = `${seed}/offer/${product.id}/${seller.id}`;
    return {
      id: stableId(key, order),
      productId: product.id,
      sellerId: seller.id,
      available: createRandom(key).skewed(5, 200),
    };
  });
}
