import { loadCatalogue } from '@waygraph/inventory/load-catalogue';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { OrderLoad } from './order-load.ts';
import { place } from './measure-sagas.ts';
import type { SagaEnds } from './saga-ends.ts';

export type ScarceFigures = {
  orders: number;
  units: number;
  sold: number;
  /** From the first order until every unit was sold, and until no order was under way any more. */
  soldOutSeconds: number;
  endedSeconds: number;
  byStatus: Record<string, number>;
};

const atRest = ['CONFIRMED', 'CANCELLED'];
const units = 10;

/** So many customers at once want the last units of one product of one seller. */
export async function sellTheLast(options: {
  load: OrderLoad;
  ends: SagaEnds;
  inventoryUrl: string;
  orders: number;
}): Promise<ScarceFigures> {
  const { load, ends, inventoryUrl, orders } = options;
  const productId = `bench-scarce-${String(Date.now())}`;
  const pool = createPool({ url: inventoryUrl, max: 1, name: 'bench' });
  const sql = sqlOfPool(pool);
  try {
    await loadCatalogue(
      { pool },
      {
        sellers: [],
        products: [{ id: productId, name: 'The last of its kind', category: 'bench', priceMinor: 1_000 }],
        offers: [{ id: productId, productId, sellerId: load.sellerIds[0] ?? '', available: units }],
      },
    );
    const scarce = await load.wanting(productId);
    const begin = performance.now();
    const seconds = (): number => (performance.now() - begin) / 1_000;
    const placed = await Promise.all(Array.from({ length: orders }, (_, index) => place(scarce, index)));
    const sold = async (): Promise<number> =>
      (await sql<{ sold: number }>('select sold from stock where product_id = $1', [productId]))[0]?.sold ?? 0;
    const patience = { timeoutMs: 120_000, intervalMs: 50 };
    await waitFor(async () => (await sold()) >= units, { ...patience, what: 'every unit to be sold' });
    const soldOutSeconds = seconds();
    const byStatus = await waitFor(
      async () => {
        const found = await ends.byStatus(placed);
        return Object.keys(found).every(status => atRest.includes(status)) ? found : undefined;
      },
      { ...patience, what: 'every order to be confirmed or cancelled' },
    );
    return { orders, units, sold: await sold(), soldOutSeconds, endedSeconds: seconds(), byStatus };
  } finally {
    await pool.end();
  }
}
