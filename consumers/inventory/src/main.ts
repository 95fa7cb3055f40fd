import { createPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createHealth, startHealthServer } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { readEnv } from './env.ts';
import { onOrderCancelling } from './on-order-cancelling.ts';
import { onPaymentCaptured } from './on-payment-captured.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';

const env = readEnv();
const log = createLog('inventory-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.INVENTORY_DATABASE_URL, max: env.DATABASE_POOL, name: 'inventory-consumer' });
lifecycle.onStop('database', () => pool.end());

const consumer = createEventConsumer({
  brokers: env.KAFKA_BROKERS,
  group: 'inventory',
  pool,
  handlers: [
    onSellerAssigned({ reservationTtlMinutes: env.RESERVATION_TTL_MINUTES }),
    onPaymentCaptured(),
    onOrderCancelling(),
  ],
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
const server = await startHealthServer({ port: env.INVENTORY_CONSUMER_PORT, host: env.LISTEN_HOST, health, log });
lifecycle.onStop('health server', () => {
  health.drain();
  return server.stop();
});
await consumer.start();
