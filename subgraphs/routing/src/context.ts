import type { Viewer } from '@waygraph/kit/auth';
import { mutationCursor, type LogPosition } from '@waygraph/kit/cursor';
import { sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import type { JobQueue } from '@waygraph/kit/jobs';
import type { FactorOf } from './choose-sellers.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import { createReadLoaders, type ReadLoaders } from './read-loaders.ts';
import type { Locate } from './locate-address.ts';
import type { RoadKm } from './road-km.ts';
import type { sellerRankingJob } from './seller-ranking-job.ts';

export type RankingJobs = JobQueue<(typeof sellerRankingJob)['schema']>;

/** What the resolvers of one request share. */
export type Context = {
  readonly viewer: Viewer | undefined;
  readonly pool: Pool;
  readonly sql: Sql;
  /** The read database. */
  readonly read: Sql;
  readonly locate: Locate;
  readonly roadKm: RoadKm;
  /** The lanes' factors from their live copy. */
  readonly factorOf: FactorOf;
  readonly rankingJobs: RankingJobs;
  /** Where a business day begins and ends. */
  readonly timeZone: string;
  readonly loaders: Loaders;
  readonly readLoaders: ReadLoaders;
  /** What the request has read so far is out of date after a mutation of it. */
  forget(): void;
  cursorOf(position: LogPosition): string;
};

export function createContextFactory(deps: {
  pool: Pool;
  read: Sql;
  locate: Locate;
  roadKm: RoadKm;
  factorOf: FactorOf;
  rankingJobs: RankingJobs;
  timeZone: string;
  cursorSecret: string;
}) {
  const { pool, read, locate, roadKm, factorOf, rankingJobs, timeZone } = deps;
  const sql = sqlOfPool(pool);
  return (viewer: Viewer | undefined): Context => {
    const loaders = createLoaders(sql);
    const readLoaders = createReadLoaders(read);
    return {
      ...{ viewer, pool, sql, read, locate, roadKm, factorOf, rankingJobs, timeZone, loaders, readLoaders },
      forget: () => {
        for (const loader of [...Object.values(loaders), ...Object.values(readLoaders)]) loader.clearAll();
      },
      cursorOf: position => mutationCursor(position, viewer, deps.cursorSecret),
    };
  };
}
