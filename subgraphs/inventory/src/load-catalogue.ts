import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { publish } from '@waygraph/kit/outbox';
import { sellerChanged, type SellerStatus } from './seller.ts';
import { openOffer } from './stock.ts';

export type CatalogueSeller = { id: string; name: string; city: string; state: string; lat: number; lon: number };
export type CatalogueProduct = {
  id: string;
  name: string;
  category?: string | null;
  priceMinor: number;
  currency?: string;
};
export type CatalogueOffer = { id: string; productId: string; sellerId: string; available: number };
export type Catalogue = { sellers: CatalogueSeller[]; products: CatalogueProduct[]; offers: CatalogueOffer[] };

/**
 * Brings a whole catalogue in, in one transaction. What is there already is updated where it differs, but a seller keeps its status
 * and an offer its stock: those belong to the sellers. Nothing is removed. Gives how many rows were added or changed; a repeat: 0.
 */
export function loadCatalogue(
  deps: { pool: Pool },
  catalogue: Catalogue,
): Promise<{ sellers: number; products: number; offers: number }> {
  return withTransaction(deps.pool, async sql => ({
    sellers: await loadSellers(sql, catalogue.sellers),
    products: await loadProducts(sql, catalogue.products),
    offers: await loadOffers(sql, catalogue.offers),
  }));
}

async function loadSellers(sql: Sql, sellers: CatalogueSeller[]): Promise<number> {
  const changed = await sql<{ id: string; status: SellerStatus; version: string }>(
    `insert into sellers as s (id, name, city, state, lat, lon)
     select id, name, city, state, lat, lon
     from jsonb_to_recordset($1::jsonb) as given(id text, name text, city text, state text, lat double precision, lon double precision)
     order by id
     on conflict (id) do update
       set name = excluded.name, city = excluded.city, state = excluded.state, lat = excluded.lat, lon = excluded.lon,
           version = s.version + 1, updated_at = now()
       where (s.name, s.city, s.state, s.lat, s.lon)
         is distinct from (excluded.name, excluded.city, excluded.state, excluded.lat, excluded.lon)
     returning id, status, version`,
    [JSON.stringify(sellers)],
  );
  await publish(
    sql,
    changed.map(({ id, status, version }) => sellerChanged({ id, status, version: Number(version) })),
  );
  return changed.length;
}

async function loadProducts(sql: Sql, products: CatalogueProduct[]): Promise<number> {
  const changed = await sql(
    `insert into products as p (id, name, category, price_minor, currency)
     select id, name, category, "priceMinor", coalesce(currency, 'BRL')
     from jsonb_to_recordset($1::jsonb) as given(id text, name text, category text, "priceMinor" bigint, currency text)
     order by id
     on conflict (id) do update
       set name = excluded.name, category = excluded.category, price_minor = excluded.price_minor, currency = excluded.currency,
           version = p.version + 1, updated_at = now()
       where (p.name, p.category, p.price_minor, p.currency)
         is distinct from (excluded.name, excluded.category, excluded.price_minor, excluded.currency)
     returning id`,
    [JSON.stringify(products)],
  );
  return changed.length;
}

async function loadOffers(sql: Sql, offers: CatalogueOffer[]): Promise<number> {
  const opened = offers.map(({ id, ...offer }) => openOffer({ offerId: id, ...offer }));
  const added = await sql<{ offer_id: string }>(
    `insert into stock (offer_id, product_id, seller_id, available, received)
     select "offerId", "productId", "sellerId", available, received
     from jsonb_to_recordset($1::jsonb) as given("offerId" text, "productId" text, "sellerId" text, available int, received int)
     order by "productId", "sellerId"
     on conflict do nothing
     returning offer_id`,
    [JSON.stringify(opened.map(({ offer }) => offer))],
  );
  const isNew = new Set(added.map(row => row.offer_id));
  await publish(
    sql,
    opened.filter(({ offer }) => isNew.has(offer.offerId)).map(({ event }) => event),
  );
  return added.length;
}
