import { defineEntity, p } from '@mikro-orm/core';

const ProductSchema = defineEntity({
  name: 'Product',
  tableName: 'products',
  checks: [
    { name: 'products_id_length', expression: 'length(id) >= 1 and length(id) <= 64' },
    { name: 'products_price', expression: 'price_minor >= 1 and price_minor <= 2147483647' },
  ],
  properties: {
    id: p.text().primary(),
    name: p.text(),
    category: p.text().nullable(),
    priceMinor: p.bigint('number'),
    currency: p.string().columnType('char(3)'),
    version: p.bigint('number').version().default(1),
    updatedAt: p
      .datetime()
      .columnType('timestamptz')
      .defaultRaw('now()')
      .onUpdate(() => new Date()),
  },
});

export class Product extends ProductSchema.class {}
ProductSchema.setClass(Product);
