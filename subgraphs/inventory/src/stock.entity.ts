import { defineEntity, p } from '@mikro-orm/core';
import { Product } from './product.entity.ts';
import { Seller } from './seller.entity.ts';

const StockSchema = defineEntity({
  name: 'Stock',
  tableName: 'stock',
  checks: [
    { name: 'stock_available', expression: 'available >= 0' },
    { name: 'stock_reserved', expression: 'reserved >= 0' },
    { name: 'stock_sold', expression: 'sold >= 0' },
    { name: 'stock_books', expression: 'available + reserved + sold = received' },
  ],
  indexes: [{ name: 'stock_seller_id', properties: ['sellerId'] }],
  properties: {
    productId: () =>
      p
        .manyToOne(Product)
        .mapToPk()
        .primary()
        .fieldName('product_id')
        .foreignKeyName('stock_product')
        .updateRule('no action')
        .deleteRule('no action'),
    sellerId: () =>
      p
        .manyToOne(Seller)
        .mapToPk()
        .primary()
        .fieldName('seller_id')
        .foreignKeyName('stock_seller')
        .updateRule('no action')
        .deleteRule('no action'),
    offerId: p.text().unique('stock_offer_id_key'),
    available: p.integer(),
    reserved: p.integer().default(0),
    sold: p.integer().default(0),
    received: p.integer(),
    version: p.bigint('number').version().default(1),
    adjustments: p.bigint('number').defaultRaw('1'),
    updatedAt: p
      .datetime()
      .columnType('timestamptz')
      .defaultRaw('now()')
      .onUpdate(() => new Date()),
  },
});

export class Stock extends StockSchema.class {}
StockSchema.setClass(Stock);
