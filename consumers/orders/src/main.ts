import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createHealth, startHealthServer } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
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
  onCrash: error => {
    log.error({ err: error }, 'consumer crashed');
    void lifecycle.stop('consumer crashed', 1);
  },
});
lifecycle.onStop('consumer', () => consumer.stop());

const health = createHealth({
  database: () => pool.query('select 1'),
  consumer: () => {
    consumer.ready();
  },
});
const server = await startHealthServer({ port: env.ORDERS_CONSUMER_PORT, host: env.LISTEN_HOST, health, log });
lifecycle.onStop('health server', () => {
  health.drain();
  return server.stop();
});
await consumer.start();
