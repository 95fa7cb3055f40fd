import { createPool } from '@waygraph/kit/database';
import { createHealth, startHealthServer } from '@waygraph/kit/health';
import { createConsumer } from '@waygraph/kit/kafka';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { createApply } from './apply.ts';
import { readEnv } from './env.ts';
import { tables } from './tables.ts';

const env = readEnv();
const log = createLog('read-sync', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.READ_DATABASE_URL, max: env.READ_DATABASE_POOL, name: 'read-sync' });
lifecycle.onStop('read database', () => pool.end());

const consumer = createConsumer({
  brokers: env.KAFKA_BROKERS,
  groupId: 'read-sync',
  topics: tables.map(({ topic }) => topic),
  fromBeginning: true,
  concurrency: env.READ_DATABASE_POOL,
  eachBatch: createApply({ pool, tables }),
  log,
  onCrash: error => {
    log.error({ err: error }, 'consumer crashed');
    void lifecycle.stop('consumer crashed', 1);
  },
});
lifecycle.onStop('consumer', () => consumer.stop());

const health = createHealth({
  'read database': () => pool.query('select 1'),
  consumer: () => {
    consumer.ready();
  },
});
const server = await startHealthServer({ port: env.READ_SYNC_PORT, host: env.LISTEN_HOST, health, log });
lifecycle.onStop('health server', () => {
  health.drain();
  return server.stop();
});
await consumer.start();
