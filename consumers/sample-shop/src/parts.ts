import type { Pool } from '@waygraph/kit/database';
import type { Part } from './load.ts';
import type { SampleShop } from './sample-shop.ts';

/** The services that take a share of the shop, each through its own use cases and its own login. */
export function createParts(urls: { INVENTORY_DATABASE_URL: string; PAYMENTS_DATABASE_URL: string }): Part[] {
  return [
    {
      service: 'inventory',
      url: urls.INVENTORY_DATABASE_URL,
      load: shop => withPool(urls.INVENTORY_DATABASE_URL, pool => loadInventory(pool, shop)),
      share: ({ sellers, products, offers }) => ({
        sellers: sellers.length,
        products: products.length,
        offers: offers.length,
      }),
    },
    {
      service: 'payments',
      url: urls.PAYMENTS_DATABASE_URL,
      load: shop => withPool(urls.PAYMENTS_DATABASE_URL, pool => loadPayments(pool, shop)),
      share: ({ customers, coupons }) => ({ wallets: customers.length, coupons: coupons.length }),
    },
  ];
}

/** What routing reads before anybody has measured anything: written into the read database by the loader itself. */
export function createReadParts(url: string, seed: string): Part[] {
  return [
    {
      service: 'roads',
      url,
      ledger: 'sample-shop roads',
      load: (_, say) =>
        withPool(url, async pool => {
          const { loadRoads } = await import('./load-roads.ts');
          return loadRoads(pool, say);
        }),
      share: () => ({ 'road networks': 2 }),
    },
    {
      service: 'geography',
      url,
      ledger: 'sample-shop geography',
      load: shop =>
        withPool(url, async pool => {
          const { loadGeography } = await import('./load-geography.ts');
          return loadGeography(pool, seed, shop);
        }),
      share: ({ sellers }) => ({ hubs: 27, lanes: 729, 'hand-over times (at most)': sellers.length }),
    },
  ];
}

async function loadInventory(pool: Pool, { sellers, products, offers }: SampleShop): Promise<Record<string, number>> {
  const { loadCatalogue } = await import('@waygraph/inventory/load-catalogue');
  return loadCatalogue({ pool }, { sellers, products, offers });
}

async function loadPayments(pool: Pool, { customers, coupons }: SampleShop): Promise<Record<string, number>> {
  const { topUpWallets } = await import('@waygraph/payments/top-up-wallets');
  const { loadCoupons } = await import('@waygraph/payments/load-coupons');
  // The key is the same in all versions: an opening balance is given once in the life of a wallet.
  const openings = customers.map(({ id, openingBalanceMinor }) => ({
    customerId: id,
    amountMinor: openingBalanceMinor,
    idempotencyKey: `sample-shop:opening:${id}`,
  }));
  const { booked, faults } = await topUpWallets({ pool }, openings);
  const [fault] = faults;
  if (fault !== undefined) throw new Error(`${fault.idempotencyKey}: ${fault.refusal.message}`);
  return { wallets: booked, coupons: await loadCoupons({ pool }, coupons) };
}

// The services' code is imported late, for the run that has something to load.
async function withPool<Result>(url: string, work: (pool: Pool) => Promise<Result>): Promise<Result> {
  const { createPool } = await import('@waygraph/kit/database');
  const pool = createPool({ url, max: 1, name: 'sample-shop' });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
