import { createPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { httpProvider } from '@waygraph/payments/provider';
import { readEnv } from './env.ts';
import { onOrderCancelling } from './on-order-cancelling.ts';
import { onOrderPlaced } from './on-order-placed.ts';
import { onOrderReadyForPayment } from './on-order-ready-for-payment.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';

const env = readEnv();
const log = createLog('payments-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.PAYMENTS_DATABASE_URL, max: env.DATABASE_POOL, name: 'payments-consumer' });
lifecycle.onStop('database', () => pool.end());

const deps = { pool, provider: httpProvider({ url: env.PSP_URL, timeoutMs: env.PSP_TIMEOUT_MS }) };
const consumer = createEventConsumer({
  brokers: env.KAFKA_BROKERS,
  group: 'payments',
  pool,
  handlers: [onOrderPlaced(), onSellerAssigned(), onOrderReadyForPayment(deps), onOrderCancelling(deps)],
  concurrency: env.DATABASE_POOL,
  log,
  onCrash: endOnCrash(lifecycle, log),
});

await runConsumer({ consumer, pool, port: env.PAYMENTS_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
