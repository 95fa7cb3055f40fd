import type { MikroORM } from '@mikro-orm/postgresql';
import { createOrm } from '@waygraph/kit/orm';
import { Product } from './product.entity.ts';
import { Seller } from './seller.entity.ts';
import { Stock } from './stock.entity.ts';

/** `onQuery` is called with each statement, for tests that count them. */
export const createInventoryOrm = (options: {
  url: string;
  poolSize: number;
  onQuery?: (sql: string) => void;
}): Promise<MikroORM> =>
  createOrm({ ...options, schema: 'inventory', name: 'inventory', entities: [Product, Seller, Stock] });
