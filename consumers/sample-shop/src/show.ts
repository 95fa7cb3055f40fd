// Prints ids of the sample shop to try things with; needs no running system.
import type { SampleCustomer } from './customers.ts';
import { currentShop, sampleShop } from './sample-shop.ts';
import type { SampleShop } from './sample-shop.ts';
import { readStreets } from './streets.ts';

const reais = (minor: number): string => `R$ ${(minor / 100).toFixed(2).replace('.', ',')}`;

/** A few of each, as lines of tables, and how to act as one of them. */
export function sampleLines(shop: SampleShop): string[] {
  const products = [150, 0, 300, 450].flatMap(index => shop.products[index] ?? []);
  const sellers = new Map(shop.sellers.map(seller => [seller.id, seller]));
  const poorest = shop.customers.toSorted((one, other) => one.openingBalanceMinor - other.openingBalanceMinor)[0];
  const customers = [...shop.customers.slice(0, 4), ...(poorest === undefined ? [] : [poorest])];
  return [
    'Customers, and what was in their wallets at first (there are 5,000, from customer-0001 on):',
    ...table(
      customers.map(({ id, address: { street, postalCode, city, state }, openingBalanceMinor }) => [
        id,
        reais(openingBalanceMinor),
        `${postalCode} ${city} ${state}`,
        street,
      ]),
    ),
    '',
    'Products, who sells them, and how many each had at first:',
    ...products.flatMap(({ id, name, priceMinor }) => [
      `  ${id}  ${name}, ${reais(priceMinor)}`,
      ...table(
        shop.offers
          .filter(({ productId }) => productId === id)
          .flatMap(({ sellerId, available }) => {
            const seller = sellers.get(sellerId);
            return seller === undefined ? [] : [['  seller', sellerId, seller.name, `${String(available)} pieces`]];
          }),
      ),
    ]),
    '',
    'Coupons:',
    ...table(
      shop.coupons.map(({ code, percentOff, amountOffMinor, quota, expiresAt }) => [
        code,
        percentOff === undefined ? `${reais(amountOffMinor ?? 0)} off` : `${String(percentOff)} % off`,
        `${String(quota)} times${expiresAt === undefined ? '' : `, until ${expiresAt.slice(0, 10)}`}`,
      ]),
    ),
    '',
    ...howTo(products[0]?.id, customers[0]),
    '',
    'Places: © OpenStreetMap contributors, ODbL 1.0',
  ];
}

function howTo(productId: string | undefined, customer: SampleCustomer | undefined): string[] {
  if (productId === undefined || customer === undefined) return [];
  const { postalCode, city, state } = customer.address;
  return [
    'Tokens:',
    `  npm run --silent token -- --role customer --sub ${customer.id}`,
    '  npm run --silent token -- --role seller --sub <a seller’s id>     hands its parcels over, sees its orders',
    '  npm run --silent token -- --role carrier --sub <anything>         scans and delivers',
    '  npm run --silent token -- --role operator --sub <anything>        does what sellers and carriers do, fills wallets, jams lanes',
    '',
    `What ${customer.id} would say to placeOrder(input: …), with a new key for each order:`,
    `  { lines: [{ productId: "${productId}", quantity: 1 }]`,
    `    shipTo: { postalCode: "${postalCode}", city: "${city}", state: "${state}" }`,
    '    payment: WALLET, couponCode: "BEMVINDO10", idempotencyKey: "my-next-order" }',
  ];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  return rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

if (import.meta.main) {
  const shop = sampleShop({ ...currentShop, streets: await readStreets() });
  process.stdout.write(`${sampleLines(shop).join('\n')}\n`);
}
