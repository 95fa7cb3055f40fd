import { defineEntity, p } from '@mikro-orm/core';

const SellerSchema = defineEntity({
  name: 'Seller',
  tableName: 'sellers',
  checks: [
    { name: 'sellers_id_length', expression: 'length(id) >= 1 and length(id) <= 64' },
    { name: 'sellers_place', expression: `lat >= '-90' and lat <= '90' and lon >= '-180' and lon <= '180'` },
    { name: 'sellers_status', expression: `status = any (array['ACTIVE'::text, 'PAUSED'::text])` },
  ],
  properties: {
    id: p.text().primary(),
    name: p.text(),
    city: p.text(),
    state: p.string().columnType('char(2)'),
    lat: p.double().$type<number>(),
    lon: p.double().$type<number>(),
    status: p.text().$type<'ACTIVE' | 'PAUSED'>().default('ACTIVE'),
    version: p.bigint('number').version().default(1),
    updatedAt: p
      .datetime()
      .columnType('timestamptz')
      .defaultRaw('now()')
      .onUpdate(() => new Date()),
  },
});

export class Seller extends SellerSchema.class {}
SellerSchema.setClass(Seller);
