// Prints ids of the sample shop to try things with; needs no running system.
import { currentShop, sampleShop } from './sample-shop.ts';
import type { SampleShop } from './sample-shop.ts';
import { readStreets } from './streets.ts';

const reais = (minor: number): string => `R$ ${(minor / 100).toFixed(2).replace('.', ',')}`;

/** A few of each, as lines of a table. */
export function sampleLines(shop: SampleShop): string[] {
  const products = [0, 150, 300, 450].flatMap(index => shop.products[index] ?? []);
  const sellers = products.flatMap(product => {
    const offer = shop.offers.find(({ productId }) => productId === product.id);
    return shop.sellers.filter(({ id }) => id === offer?.sellerId);
  });
  const poorest = shop.customers.toSorted((one, other) => one.openingBalanceMinor - other.openingBalanceMinor)[0];
  const customers = [...shop.customers.slice(0, 3), ...(poorest === undefined ? [] : [poorest])];
  return [
    ...table(
      'product',
      products.map(({ id, name, priceMinor }) => [id, name, reais(priceMinor)]),
    ),
    ...table(
      'seller',
      sellers.map(({ id, name, city, state }) => [id, name, `${city} ${state}`]),
    ),
    ...table(
      'customer',
      customers.map(({ id, address, openingBalanceMinor }) => [
        id,
        `${address.street}, ${address.postalCode} ${address.city} ${address.state}`,
        `began with ${reais(openingBalanceMinor)}`,
      ]),
    ),
    ...table(
      'coupon',
      shop.coupons.map(({ code, percentOff, amountOffMinor, quota, expiresAt }) => [
        code,
        percentOff === undefined ? `${reais(amountOffMinor ?? 0)} off` : `${String(percentOff)} % off`,
        `${String(quota)} times${expiresAt === undefined ? '' : `, until ${expiresAt.slice(0, 10)}`}`,
      ]),
    ),
    'Places: © OpenStreetMap contributors, ODbL 1.0',
  ];
}

function table(what: string, rows: string[][]): string[] {
  const widths = [0, 1].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows.map(row =>
    [what.padEnd(8), ...row.map((cell, column) => cell.padEnd(widths[column] ?? 0))].join('  ').trimEnd(),
  );
}

if (import.meta.main) {
  const shop = sampleShop({ ...currentShop, streets: await readStreets() });
  process.stdout.write(`${sampleLines(shop).join('\n')}\n`);
}
