import type { EntityManager } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { offerOf } from './adjust-stock.ts';
import { Product } from './product.entity.ts';
import { Seller } from './seller.entity.ts';
import { Stock } from './stock.entity.ts';
import type { Offer } from './stock.ts';

export type Loaders = {
  product: DataLoader<string, Product | null>;
  seller: DataLoader<string, Seller | null>;
  /** Of a product, in the order of seller ids. */
  offers: DataLoader<string, Offer[]>;
};

/** PostgreSQL takes no NUL in a text, so nothing has such an id. */
const possible = (ids: readonly string[]): string[] => ids.filter(id => !id.includes('\0'));

/** Rows as they are now: the identity map would answer with what an earlier part of the request has seen. */
const asIsNow = { disableIdentityMap: true } as const;

/** One statement per kind of thing and level of a query, however many things are asked for. Lives as long as a request. */
export function createLoaders(em: EntityManager): Loaders {
  return {
    product: new DataLoader(async ids => {
      const rows = await em.find(Product, { id: { $in: possible(ids) } }, asIsNow);
      const byId = new Map(rows.map(row => [row.id, row]));
      return ids.map(id => byId.get(id) ?? null);
    }),
    seller: new DataLoader(async ids => {
      const rows = await em.find(Seller, { id: { $in: possible(ids) } }, asIsNow);
      const byId = new Map(rows.map(row => [row.id, row]));
      return ids.map(id => byId.get(id) ?? null);
    }),
    offers: new DataLoader(async productIds => {
      const where = { productId: { $in: possible(productIds) } };
      const rows = await em.find(Stock, where, { ...asIsNow, orderBy: { productId: 'asc', sellerId: 'asc' } });
      const byProduct = Map.groupBy(rows.map(offerOf), offer => offer.productId);
      return productIds.map(id => byProduct.get(id) ?? []);
    }),
  };
}
