import { setTimeout } from 'node:timers/promises';
import DataLoader from 'dataloader';
import type { Sql } from '@waygraph/kit/database';
import { mayBeInvisible } from '@waygraph/kit/outbox';
import type { Assignment } from './assignment.ts';
import type { CandidateScore } from './choose-sellers.ts';
import type { Delivery, Eta } from './delivery.ts';
import { readLaneFactors, type LaneFactor } from './lane-factors.ts';
import { etaColumns, etaOf, readDeliveries, type EtaRow } from './read-deliveries.ts';
import { readEtaPages, readSellerPages, type EtaPage, type SellerPage } from './read-pages.ts';

/** An order is another service's; here its id is enough. */
export type OrderReference = { readonly id: string };

/** An estimate, and whose parcel it is of. */
export type ToldEta = { readonly eta: Eta; readonly customerId: string; readonly sellerId: string };

export type Loaders = {
  /** Of an order, by seller id. */
  readonly deliveries: DataLoader<string, Delivery[]>;
  readonly eta: DataLoader<string, ToldEta | null>;
  /** Of a parcel, the newest. */
  readonly assignment: DataLoader<string, Assignment | null>;
  readonly etaPage: DataLoader<EtaPage, Eta[], string>;
  readonly sellerPage: DataLoader<SellerPage, Delivery[], string>;
  /** What PostgreSQL knows of a lane's factor. */
  readonly laneFactor: DataLoader<string, LaneFactor | null>;
};

/** One statement per kind of thing and level of a query, however many things are asked for. Lives as long as a request. */
export function createLoaders(sql: Sql): Loaders {
  return {
    deliveries: new DataLoader(async orderIds => {
      const byOrder = Map.groupBy(await readDeliveries(sql, orderIds), ({ orderId }) => orderId);
      return orderIds.map(id => byOrder.get(id) ?? []);
    }),
    eta: new DataLoader(ids => readEtas(sql, ids)),
    assignment: new DataLoader(ids => readAssignments(sql, ids)),
    etaPage: new DataLoader(pages => readEtaPages(sql, pages), { cacheKeyFn: (page: EtaPage) => JSON.stringify(page) }),
    sellerPage: new DataLoader(pages => readSellerPages(sql, pages), {
      cacheKeyFn: (page: SellerPage) => JSON.stringify(page),
    }),
    laneFactor: new DataLoader(async laneIds => {
      const lanes = await readLaneFactors(sql, laneIds);
      return laneIds.map(id => lanes.get(id) ?? null);
    }),
  };
}

export const isUuid = (id: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id);

/** When to look again for an estimate that is not visible yet, in ms. */
const patience = [10, 20, 50, 100, 200, 400];

/** A frame may be joined before the row that its event tells of is visible: it is waited for, since a frame is told only once. */
async function readEtas(sql: Sql, ids: readonly string[]): Promise<(ToldEta | null)[]> {
  const byId = new Map<string, ToldEta>();
  const look = async (wanted: readonly string[]): Promise<string[]> => {
    const rows = await sql<EtaRow & { customer_id: string; seller_id: string }>(
      `select d.customer_id, d.seller_id, ${etaColumns}
       from eta_ledger e join deliveries d on d.id = e.delivery_id where e.id = any ($1)`,
      [wanted],
    );
    for (const row of rows)
      byId.set(row.eta_id, { eta: etaOf(row), customerId: row.customer_id, sellerId: row.seller_id });
    return wanted.filter(id => !byId.has(id) && mayBeInvisible(id));
  };
  let missing = await look(ids.filter(isUuid));
  for (const pauseMs of patience) {
    if (missing.length === 0) break;
    await setTimeout(pauseMs);
    missing = await look(missing);
  }
  return ids.map(id => byId.get(id) ?? null);
}

async function readAssignments(sql: Sql, deliveryIds: readonly string[]): Promise<(Assignment | null)[]> {
  const rows = await sql<{
    delivery_id: string;
    attempt: number;
    decided_ms: number;
    chosen: CandidateScore;
    candidates: CandidateScore[];
  }>(
    `select distinct on (delivery_id) delivery_id, attempt, (extract(epoch from decided_at) * 1000)::float8 as decided_ms,
       chosen, candidates
     from assignments where delivery_id = any ($1) order by delivery_id, attempt desc`,
    [deliveryIds],
  );
  const byDelivery = new Map(
    rows.map(({ delivery_id: deliveryId, decided_ms: decidedAt, ...row }) => [
      deliveryId,
      { deliveryId, decidedAt, ...row },
    ]),
  );
  return deliveryIds.map(id => byDelivery.get(id) ?? null);
}
