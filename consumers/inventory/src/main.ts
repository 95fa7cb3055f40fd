import { createPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
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
  onCrash: endOnCrash(lifecycle, log),
});

await runConsumer({ consumer, pool, port: env.INVENTORY_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
