import { createPool } from '@waygraph/kit/database';
import { createHealth, startHealthServer } from '@waygraph/kit/health';
import { createJobSchedule, createJobWorker } from '@waygraph/kit/jobs';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { runSellerRanking, sellerRankingJob } from '@waygraph/routing/seller-ranking-job';
import { readEnv } from './env.ts';

const env = readEnv();
const log = createLog('jobs', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });
const { REDIS_URL: redisUrl, BUSINESS_TIME_ZONE: timeZone } = env;

const pool = createPool({ url: env.READ_DATABASE_URL, max: env.READ_DATABASE_POOL, name: 'jobs' });
lifecycle.onStop('read database', () => pool.end());

const worker = createJobWorker([runSellerRanking({ pool, timeZone })], { redisUrl, log });
lifecycle.onStop('worker', () => worker.stop());

// At three in the morning, for the day before.
const nightly = createJobSchedule(sellerRankingJob, { redisUrl, log, pattern: '0 3 * * *', timeZone, data: {} });
lifecycle.onStop('schedule', () => nightly.stop());

const health = createHealth({ 'read database': () => pool.query('select 1'), redis: () => worker.ready() });
const server = await startHealthServer({ port: env.JOBS_PORT, host: env.LISTEN_HOST, health, log });
lifecycle.onStop('health server', () => {
  health.drain();
  return server.stop();
});
