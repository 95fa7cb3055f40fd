import { connection, type Connection, type Page } from '@waygraph/kit/connection';
import type { Context } from './context.ts';
import { Product } from './product.entity.ts';
import { searchProductIds, type ProductFilter } from './search-products.ts';

/** Page cursors of products say that they are. */
export const productList = 'products';

/** A page of products by id. Filters are answered by the read database; the products themselves are always the present ones. */
export async function listProducts(
  context: Pick<Context, 'em' | 'read' | 'loaders'>,
  filter: ProductFilter,
  page: Page,
): Promise<Connection<Product>> {
  const all = filter.search === undefined && filter.category === undefined;
  const { ids, hasPrevious } = await (all
    ? everyProductId(context, page)
    : searchProductIds(context.read, filter, page));
  const found = connection(productList, ids, page, { key: id => id, hasPrevious });
  const products = await Promise.all(found.edges.map(({ node }) => context.loaders.product.load(node)));
  // The read database may still know a product that is gone.
  const edges = found.edges.flatMap(({ cursor }, index) => {
    const node = products[index];
    return node ? [{ cursor, node }] : [];
  });
  return { nodes: edges.map(({ node }) => node), edges, pageInfo: found.pageInfo };
}

async function everyProductId(
  { em, loaders }: Pick<Context, 'em' | 'loaders'>,
  { first, after }: Page,
): Promise<{ ids: string[]; hasPrevious: boolean }> {
  const options = { orderBy: { id: 'asc' }, limit: first + 1, disableIdentityMap: true } as const;
  const rows = await em.find(Product, after === undefined ? {} : { id: { $gt: after } }, options);
  for (const row of rows) loaders.product.prime(row.id, row);
  const before =
    after === undefined
      ? null
      : await em.findOne(Product, { id: { $lte: after } }, { fields: ['id'], disableIdentityMap: true });
  return { ids: rows.map(row => row.id), hasPrevious: before !== null };
}
