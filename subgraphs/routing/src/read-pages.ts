import type { Sql } from '@waygraph/kit/database';
import type { Delivery, DeliveryStatus, Eta } from './delivery.ts';
import { deliveryColumns, deliveryOf, etaColumns, etaOf, type DeliveryRow, type EtaRow } from './read-deliveries.ts';

export type EtaPage = { readonly deliveryId: string; readonly first: number; readonly before: number | null };

/** Pages of parcels' estimates, newest first, by one statement; of each one row more than `first` when there is a next page. */
export async function readEtaPages(sql: Sql, pages: readonly EtaPage[]): Promise<Eta[][]> {
  const rows = await sql<EtaRow & { page: number }>(
    `select p.page, ${etaColumns}
     from jsonb_to_recordset($1::jsonb) as p(page int, delivery_id uuid, first int, before int)
     cross join lateral (
       select * from eta_ledger l
       where l.delivery_id = p.delivery_id and (p.before is null or l.version < p.before)
       order by l.version desc limit p.first + 1) e
     order by p.page, e.version desc`,
    [JSON.stringify(pages.map((page, index) => ({ ...page, page: index, delivery_id: page.deliveryId })))],
  );
  const byPage = Map.groupBy(rows, ({ page }) => page);
  return pages.map((_, index) => (byPage.get(index) ?? []).map(etaOf));
}

export type SellerPage = {
  readonly sellerId: string;
  readonly first: number;
  /** The id of a parcel: ids grow with time. */
  readonly before: string | null;
  readonly status: readonly DeliveryStatus[] | null;
};

/** The same for sellers' parcels. */
export async function readSellerPages(sql: Sql, pages: readonly SellerPage[]): Promise<Delivery[][]> {
  const rows = await sql<DeliveryRow & { page: number }>(
    `select p.page, ${deliveryColumns}
     from jsonb_to_recordset($1::jsonb) as p(page int, seller_id text, first int, before uuid, status text[])
     cross join lateral (
       select * from deliveries o
       where o.seller_id = p.seller_id and (p.before is null or o.id < p.before)
         and (p.status is null or o.status = any (p.status))
       order by o.id desc limit p.first + 1) d
     join eta_ledger e on e.id = d.eta_id
     order by p.page, d.id desc`,
    [JSON.stringify(pages.map((page, index) => ({ ...page, page: index, seller_id: page.sellerId })))],
  );
  const byPage = Map.groupBy(rows, ({ page }) => page);
  return pages.map((_, index) => (byPage.get(index) ?? []).map(deliveryOf));
}
