import type { Sql } from '@waygraph/kit/database';
import DataLoader from 'dataloader';
import { lanesById, type LaneStatistics } from './lane-statistics.ts';
import { newestRanks } from './list-seller-ranking.ts';
import type { SellerRank } from './seller-ranking.ts';

/** A seller is inventory's; here its id is enough. */
export type SellerReference = { readonly id: string };

export type ReadLoaders = {
  readonly lane: DataLoader<string, LaneStatistics | null>;
  /** A seller's place in the newest ranking. */
  readonly ranking: DataLoader<string, SellerRank | null>;
};

/** What a request reads from the read database: one statement per kind of thing and level of a query. */
export const createReadLoaders = (read: Sql): ReadLoaders => ({
  lane: new DataLoader(ids => lanesById(read, ids)),
  ranking: new DataLoader(ids => newestRanks(read, ids)),
});
