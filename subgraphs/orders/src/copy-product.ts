import type { Sql } from '@waygraph/kit/database';
import { z } from 'zod';

/** What orders keeps of a product of inventory's, as the table's change carries it. */
const productRow = z.object({
  id: z.string(),
  name: z.string(),
  price_minor: z.int(),
  currency: z.string(),
  version: z.int(),
  updated_at: z.string(),
});

/** Keeps the newest version of a product; repeats and older versions change nothing. Throws when the row is not a product's. */
export async function copyProduct(sql: Sql, row: unknown): Promise<void> {
  const { id, name, price_minor, currency, version, updated_at } = productRow.parse(row);
  await sql(
    `insert into orders.products as p (product_id, name, price_minor, currency, version, updated_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (product_id) do update set
       name = excluded.name, price_minor = excluded.price_minor, currency = excluded.currency,
       version = excluded.version, updated_at = excluded.updated_at
     where excluded.version > p.version`,
    [id, name, price_minor, currency, version, updated_at],
  );
}

export async function forgetProduct(sql: Sql, productId: string): Promise<void> {
  await sql('delete from orders.products where product_id = $1', [productId]);
}
