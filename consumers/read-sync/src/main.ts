import { createPool } from '@waygraph/kit/database';
import { createConsumer } from '@waygraph/kit/kafka';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
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
  onCrash: endOnCrash(lifecycle, log),
});

await runConsumer({ consumer, pool, port: env.READ_SYNC_PORT, host: env.LISTEN_HOST, lifecycle, log });
