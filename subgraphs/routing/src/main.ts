import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createJobQueue } from '@waygraph/kit/jobs';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { createContextFactory } from './context.ts';
import { readEnv } from './env.ts';
import { connectRedis, createLiveFactors } from './live-factors.ts';
import { rememberPlaces } from './locate-address.ts';
import { rememberWays } from './remembered-ways.ts';
import { resolvers } from './resolvers.ts';
import { sellerRankingJob } from './seller-ranking-job.ts';

const env = readEnv();
const log = createLog('routing', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.ROUTING_DATABASE_URL, max: env.DATABASE_POOL, name: 'routing' });
lifecycle.onStop('database', () => pool.end());
const readPool = createPool({ url: env.READ_DATABASE_URL, max: env.READ_DATABASE_POOL, name: 'routing' });
lifecycle.onStop('read database', () => readPool.end());
const read = sqlOfPool(readPool);
const redis = connectRedis({ url: env.REDIS_URL, log });
lifecycle.onStop('redis', () => {
  redis.disconnect();
});
const rankingJobs = createJobQueue(sellerRankingJob, { redisUrl: env.REDIS_URL, log });
lifecycle.onStop('job queue', () => rankingJobs.stop());

const subgraph = await startSubgraph({
  name: 'routing',
  port: env.ROUTING_PORT,
  host: env.LISTEN_HOST,
  typeDefs: await readSubgraph('routing'),
  resolvers,
  context: createContextFactory({
    locate: rememberPlaces(read),
    roadKm: rememberWays(read, { onError: error => log.warn({ err: error }, 'ways not learned') }),
    ...{ pool, read, rankingJobs, timeZone: env.BUSINESS_TIME_ZONE, cursorSecret: env.CURSOR_SECRET },
    factorOf: createLiveFactors({ redis, sql: sqlOfPool(pool) }).factorOf,
  }),
  // Without Redis everything is answered as well: from PostgreSQL.
  health: createHealth({
    database: () => sqlOfPool(pool)('select 1'),
    'read database': () => read('select 1'),
  }),
  log,
  gatewaySecret: env.GATEWAY_SECRET,
  production: env.NODE_ENV === 'production',
});
lifecycle.onStop('server', subgraph.stop);
