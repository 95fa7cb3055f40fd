import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { tableTopic } from '@waygraph/schema/topics';
import { readEnv } from './env.ts';
import { handlers } from './handlers.ts';
import { keepInTimeline } from './keep-in-timeline.ts';
import { onProductChanged } from './on-product-changed.ts';

const env = readEnv();
const log = createLog('orders-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.ORDERS_DATABASE_URL, max: env.DATABASE_POOL, name: 'orders-consumer' });
lifecycle.onStop('database', () => pool.end());

const consumer = createEventConsumer({
  group: 'orders',
  pool,
  handlers,
  alongside: keepInTimeline,
  tables: { [tableTopic('inventory.products')]: onProductChanged(sqlOfPool(pool)) },
  brokers: env.KAFKA_BROKERS,
  concurrency: env.DATABASE_POOL,
  log,
  onCrash: endOnCrash(lifecycle, log),
});

await runConsumer({ consumer, pool, port: env.ORDERS_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
