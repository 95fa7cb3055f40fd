import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { takeDueAsks } from '@waygraph/payments/due-asks';
import { httpProvider } from '@waygraph/payments/provider';
import { settleCard } from '@waygraph/payments/settle-card';
import { createProviderAsker } from './ask-provider.ts';
import { readEnv } from './env.ts';
import { onOrderCancelled } from './on-order-cancelled.ts';
import { onOrderCancelling } from './on-order-cancelling.ts';
import { onOrderLinesDropped } from './on-order-lines-dropped.ts';
import { onOrderPlaced } from './on-order-placed.ts';
import { onOrderReadyForPayment } from './on-order-ready-for-payment.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';
import { onStepRetryRequested } from './on-step-retry-requested.ts';

const env = readEnv();
const log = createLog('payments-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.PAYMENTS_DATABASE_URL, max: env.DATABASE_POOL, name: 'payments-consumer' });
lifecycle.onStop('database', () => pool.end());

const provider = httpProvider({ url: env.PSP_URL, timeoutMs: env.PSP_TIMEOUT_MS });
const asker = createProviderAsker({
  settle: orderId => settleCard({ pool, provider }, orderId),
  takeDue: most => takeDueAsks(sqlOfPool(pool), most),
  concurrency: 8,
  everyMs: 1_000,
  log,
});
lifecycle.onStop('provider', () => asker.stop());

const consumer = createEventConsumer({
  brokers: env.KAFKA_BROKERS,
  group: 'payments',
  pool,
  handlers: [
    onOrderPlaced(),
    onSellerAssigned(),
    onOrderReadyForPayment(asker),
    onOrderLinesDropped(asker),
    onOrderCancelling(asker),
    onOrderCancelled(asker),
    onStepRetryRequested(asker),
  ],
  concurrency: Math.max(1, env.DATABASE_POOL - 2),
  log,
  onCrash: endOnCrash(lifecycle, log),
});

asker.start();
await runConsumer({ consumer, pool, port: env.PAYMENTS_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
